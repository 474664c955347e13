"""The pruning room's figures draw what the reports hold, and draw nothing where a report is empty or null."""

import polars as pl
import pytest

from dagster_and import figures
from dagster_and.figures import NothingToDrawError

UNLEARNING = pl.DataFrame(
    {
        "dissection": ["a"] * 5, "strategy": ["random", "OCP", "random", "TAB", "none"], "scale": ["logit"] * 5,
        "size_of": ["OCP", "OCP", "TAB", "TAB", "none"], "is_control": [False] * 4 + [True],
        "concepts": [3, 3, 0, 0, 3], "clips": [9, 9, None, None, 9], "note": [None, None, "no such class", None, None],
        **{f"{m}{e}": [v / 10, v, None, None, 0.0] for e in ("", "_low", "_high")
           for m, v in (("delta_ablated", -2.0), ("delta_retained", -1.0), ("gap", 1.0))},
    }
)  # fmt: skip
CLASSES = pl.DataFrame(
    {
        "dissection": "a", "strategy": "OCP", "concept": "dog", "class_label": ["dog", "rain"],
        "clips": [4, 5], "logit_before": [5.0, 4.0], "logit_after": [2.0, 3.5],
        "logit_change_standard_error": [0.5, None], "is_of_the_concept": [True, False],
        "rank_of_loss": [1, 2],
    }
)  # fmt: skip
FEATURES = pl.DataFrame(
    {
        "dissection": "a", "panel": ["a", "a", "a", "b"], "feature": ["random", "random", "nouns", "basic_adjectives"],
        "fraction": [0.0, 0.1, 0.1, 0.1], "accuracy": [0.8, 0.5, None, 0.4], "accuracy_low": [0.7, 0.4, None, 0.3],
        "accuracy_high": [0.9, 0.6, None, 0.5], "chance_accuracy": [0.1] * 4, "clips": [40, 40, None, 40],
        "missing_reason": [None, None, "no neuron has a noun", None],
    }
)  # fmt: skip


def test_table_4_has_a_point_for_each_strategy_with_a_value():
    changes, gaps = figures.unlearning(UNLEARNING).axes
    drawn = [value for line in gaps.lines for value in line.get_xdata() if line.get_marker() == "D"]
    assert sorted(value for value in drawn if value == value) == [0, 0.1, 1]
    names = ["OCP", "random as OCP", "TAB", "random as TAB", "none (control)"]
    assert [text.get_text() for text in changes.get_yticklabels()] == names
    places = changes.get_yticks()
    assert places[1] - places[0] < places[2] - places[1]
    assert changes.get_title(loc="left") == "a: 3 concepts, 9 clips"


def test_no_legend_of_a_figure_covers_its_axes():
    for figure in (figures.unlearning(UNLEARNING), figures.one_concept_pruned(CLASSES)):
        figure.canvas.draw()
        (legend,) = figure.legends
        for axis in figure.axes:
            assert not legend.get_window_extent().overlaps(axis.get_tightbbox())


def test_fig_10_sorts_by_loss_and_marks_the_class_that_was_cut():
    (axis,) = figures.one_concept_pruned(CLASSES).axes
    assert [text.get_text() for text in axis.get_yticklabels()] == ["dog", "rain"]
    assert [text.get_fontweight() for text in axis.get_yticklabels()] == ["bold", "normal"]


def test_fig_4_draws_curves_and_chance_and_leaves_out_what_is_missing():
    first, second = figures.feature_importance(FEATURES).axes
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["chance", "random"]
    assert [text.get_text() for text in second.get_legend().get_texts()] == ["chance", "basic adjectives"]
    assert second.get_title(loc="left") == "a (b): basic against other adjectives, 40 clips"


@pytest.mark.parametrize(
    ("draw", "report"),
    [("unlearning", UNLEARNING), ("one_concept_pruned", CLASSES), ("feature_importance", FEATURES)],
)
def test_an_empty_report_is_not_drawn(draw: str, report: pl.DataFrame):
    with pytest.raises(NothingToDrawError, match="could not be measured"):
        getattr(figures, draw)(report.clear())


def test_a_figure_that_is_not_drawn_passes_on_what_the_report_says():
    nothing = UNLEARNING.with_columns(delta_ablated=pl.lit(None, pl.Float64))
    with pytest.raises(NothingToDrawError, match=r"could not be measured: no such class\.$"):
        figures.unlearning(nothing)


def test_neurons_by_strategy_leaves_out_the_controls_and_random_which_is_as_large():
    prunings = pl.DataFrame({"strategy": ["OCP", "OCP", "all", "random"], "neurons": [3, 5, 100, 3]})
    (axis,) = figures.neurons_by_strategy(prunings).axes
    assert [text.get_text() for text in axis.get_yticklabels()] == ["OCP"]
