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


def test_an_interval_that_misses_nothing_at_all_by_a_last_digit_is_drawn():
    """Wilson's low end of 0 of 2 is 4e-17 as it is computed, so above the share itself."""
    ends = {"accuracy": 0.0, "accuracy_low": 4e-17, "accuracy_high": 0.66, "chance": 0.5}
    none = {f"{top}_{what}": pl.Series([value]) for top in ("top1", "top5") for what, value in ends.items()}
    figures.last_layer_accuracy(REPORT.with_columns(neurons_judged=pl.lit(2), **none))
    shares = {"share_labelled": [0.0], "share_labelled_low": [4e-17], "share_labelled_high": [0.66]}
    medians = {name: [0.5] for name in ("auroc_median", "accounts_for_median", "share_of_clips_median")}
    figures.labels_by_block(pl.DataFrame({"dissection": ["a"], "block_index": [0], "neurons": [2]} | shares | medians))


def test_the_last_layers_accuracy_is_not_drawn_where_no_neuron_was_judged():
    with pytest.raises(NothingToDrawError, match="the concept set names"):
        figures.last_layer_accuracy(REPORT)


def test_a_dissection_that_was_judged_is_drawn_beside_one_that_was_not():
    known = {name: [0.5] for name in NOTHING} | {"dissection": ["b"], "neurons_judged": [4]}
    figure = figures.last_layer_accuracy(
        pl.concat([REPORT, REPORT.with_columns(**{k: pl.Series(v) for k, v in known.items()})])
    )
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["b: 4 of the head's neurons, 3 concepts"]
