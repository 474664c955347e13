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


def test_the_last_layers_accuracy_is_drawn_without_bars(tmp_path: Path):
    figures.last_layer_accuracy(REPORT).savefig(tmp_path / "figure.png")
