"""A network none of whose classes a concept names: a figure of it would be empty, and is not drawn."""

import polars as pl
import pytest

from dagster_and import figures
from dagster_and.figures import NothingToDrawError

NOTHING = {
    f"{top}_{what}": [None]
    for top in ("top1", "top5")
    for what in ("accuracy", "accuracy_low", "accuracy_high", "chance")
}
REPORT = pl.DataFrame(
    {"dissection": ["a"], "method": ["DB"], "similarity": ["cosine"], "neurons_judged": [0], "concepts": [3]} | NOTHING,
    schema_overrides=dict.fromkeys(NOTHING, pl.Float64),
)


def test_the_last_layers_accuracy_is_not_drawn_where_no_neuron_was_judged():
    with pytest.raises(NothingToDrawError, match="the concept set names"):
        figures.last_layer_accuracy(REPORT)


def test_a_dissection_that_was_judged_is_drawn_beside_one_that_was_not():
    known = {name: [0.5] for name in NOTHING} | {"dissection": ["b"], "neurons_judged": [4]}
    figure = figures.last_layer_accuracy(
        pl.concat([REPORT, REPORT.with_columns(**{k: pl.Series(v) for k, v in known.items()})])
    )
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["b: 4 of the head's neurons, 3 concepts"]
