"""The table ``neurons``: every unit of every dissected layer, numbered."""

from dataclasses import replace

import polars as pl
import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.lake.tables import NEURONS
from dagster_and.targets.recording.neurons import neurons
from dagster_and.targets.transformers.opening import open_transformers


def test_neurons_are_listed_in_layer_order_and_only_the_head_has_classes(ast: str):
    table = neurons(open_transformers(ast))
    assert set(table.columns) == set(NEURONS.schema.names)
    assert table["neuron_id"].to_list() == list(range(115))
    assert table.filter(pl.col("class_label").is_not_null())["class_label"].to_list() == ["dog", "rain", "siren"]
    assert table.row(75, named=True)["neuron_index"] == 3
    assert table["block_index"].unique().to_list() == [0, 1, 2]


def test_more_neurons_than_anything_could_hold_are_refused_before_they_are_listed(ast: str):
    target = open_transformers(ast)
    wide = replace(target, layers=tuple(replace(layer, width=10**9) for layer in target.layers))
    with pytest.raises(UserError, match=r"at most 10,000,000 can be dissected: name fewer layers"):
        neurons(wide)
