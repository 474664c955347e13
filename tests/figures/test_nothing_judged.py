"""A network none of whose classes a concept names: its figures say nothing, and are drawn."""

from pathlib import Path

import polars as pl

from dagster_and import figures

NOTHING = {
    f"{top}_{what}": [None]
    for top in ("top1", "top5")
    for what in ("accuracy", "accuracy_low", "accuracy_high", "chance")
}
REPORT = pl.DataFrame(
    {"dissection": ["a"], "method": ["DB"], "similarity": ["cosine"], "neurons_judged": [0], "concepts": [3]} | NOTHING,
    schema_overrides=dict.fromkeys(NOTHING, pl.Float64),
)


def test_an_interval_that_misses_nothing_at_all_by_a_last_digit_is_drawn(tmp_path: Path):
    """Wilson's low end of 0 of 2 is 4e-17 as it is computed, so above the share itself."""
    known = {"accuracy": 0.0, "accuracy_low": 4e-17, "accuracy_high": 0.66, "chance": 0.5}
    row = {f"{top}_{what}": value for top in ("top1", "top5") for what, value in known.items()}
    figures.last_layer_accuracy(REPORT.with_columns(**{name: pl.lit(value) for name, value in row.items()}))
    labels = pl.DataFrame(
        {"dissection": ["a"], "block_index": [0], "share_labelled": [0.0], "share_labelled_low": [4e-17],
         "share_labelled_high": [0.66], "auroc_median": [0.6], "accounts_for_median": [0.5],
         "share_of_clips_median": [0.5]}
    )  # fmt: skip
    figures.labels_by_block(labels)


def test_the_last_layers_accuracy_is_drawn_without_bars(tmp_path: Path):
    figures.last_layer_accuracy(REPORT).savefig(tmp_path / "figure.png")
