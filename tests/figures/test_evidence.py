"""The figures of the evidence room draw every dissection that a report holds, and don't fall over nulls."""

import polars as pl
import pytest

from dagster_and import figures
from dagster_and.figures import NothingToDrawError

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
SCORES = pl.DataFrame(BY_BLOCK | HELD_OUT | {"scorer": "words", "scorer_order": 3, "scored_neurons": [7, 8, 0]})
STABILITY = pl.DataFrame(BY_BLOCK | AGREEMENT | {"labelled_neurons": 5, "compared_neurons": 6})
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
    with pytest.raises(NothingToDrawError, match=r"\.$"):
        draw(report.head(0))


def test_scores_say_of_how_many_neurons_they_are():
    first, second = figures.held_out_scores(SCORES).axes
    assert [axis.get_title(loc="left") for axis in (first, second)] == [
        "description, words\na, n = 15", "description, words\nb, n = 0"
    ]  # fmt: skip


def test_a_comparison_with_and_without_anything_to_compare(tmp_path):
    row = {"dissection_a": "a", "dissection_b": "b", "scope": "layer", "part": "block 0 output",
           "measure": "label_auroc", "difference": 0.1, "difference_low": 0.0, "difference_high": 0.2}  # fmt: skip
    report = pl.DataFrame([row, row | {"part": "block 1 output", "difference_low": None, "difference_high": None}])
    figures.dissection_comparison(report).savefig(tmp_path / "figure.png")
    with pytest.raises(NothingToDrawError, match="no two dissections"):
        figures.dissection_comparison(report.head(0))


def test_the_parts_of_a_comparison_stand_in_the_order_of_blocks():
    parts = ["block 10 output", "block 2 output", "block 2 attention_output"]
    row = {"dissection_a": "a", "dissection_b": "b", "scope": "layer", "measure": "label_auroc", "difference": 0.1,
           "difference_low": 0.0, "difference_high": 0.2}  # fmt: skip
    axis = figures.dissection_comparison(pl.DataFrame([row | {"part": part} for part in parts])).axes[0]
    wanted = ["block 2 attention output", "block 2 output", "block 10 output"]
    assert [text.get_text() for text in axis.get_yticklabels()] == wanted


def test_of_many_pairs_the_first_are_drawn_and_the_rest_is_said():
    row = {"dissection_b": "z", "scope": "layer", "part": "block 0 output", "measure": "label_auroc",
           "difference": 0.1, "difference_low": 0.0, "difference_high": 0.2}  # fmt: skip
    figure = figures.dissection_comparison(pl.DataFrame([row | {"dissection_a": f"a{i}"} for i in range(9)]))
    assert len(figure.axes) == 6 * 3
    assert figure.get_suptitle() == "The first 6 of 9 pairs; all are in the table."
