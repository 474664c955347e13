"""The figures of the evidence room draw every dissection that a report holds, and don't fall over nulls."""

import polars as pl
import pytest

from dagster_and import figures

BY_BLOCK = {"dissection": ["a", "a", "b"], "block_index": [0, 1, 0]}
QUARTILES = ("quartile_1", "median", "quartile_3")
HELD_OUT = {f"{name}_{end}": [0.5, 0.6, None] for name in ("score", "shuffled") for end in QUARTILES}
AGREEMENT = {
    "label_agreement_mean": [0.8, 0.9, None],
    "label_agreement_mean_low": [0.7, 0.8, None],
    "label_agreement_mean_high": [0.9, 1.0, None],
    "unlabelled_agreement_mean": [0.3, None, None],
    "cosine_mean": [0.8, 0.9, 0.7],
    "cosine_mean_low": [0.7, 0.8, None],
    "cosine_mean_high": [0.9, 1.0, None],
    "chance_cosine_mean": [0.5, 0.5, 0.4],
}
SCORES = pl.DataFrame(BY_BLOCK | HELD_OUT | {"scorer": "words", "scorer_order": 3})
STABILITY = pl.DataFrame(BY_BLOCK | AGREEMENT)
MARKS = {"dissection": ["a", "a", "b"], "kind": ["dead", "class", "class"], "is_hit": [True, False, True]}
PLANTED = pl.DataFrame(MARKS)


@pytest.mark.parametrize(
    ("draw", "report", "panels"),
    [
        (figures.held_out_scores, SCORES, 2),
        (figures.description_stability, STABILITY, 2),
        (figures.planted_neurons, PLANTED, 2),
    ],
)
def test_a_panel_a_dissection(draw, report: pl.DataFrame, panels: int, tmp_path):
    assert len(draw(report).axes) == panels
    draw(report).savefig(tmp_path / "figure.png")
    draw(report.head(0)).savefig(tmp_path / "empty.png")


def test_a_comparison_with_and_without_anything_to_compare(tmp_path):
    row = {"dissection_a": "a", "dissection_b": "b", "scope": "layer", "part": "block 0 output",
           "measure": "label_auroc", "difference": 0.1, "difference_low": 0.0, "difference_high": 0.2}  # fmt: skip
    report = pl.DataFrame([row, row | {"part": "block 1 output", "difference_low": None, "difference_high": None}])
    figures.dissection_comparison(report).savefig(tmp_path / "figure.png")
    figures.dissection_comparison(report.head(0)).savefig(tmp_path / "empty.png")
