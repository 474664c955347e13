"""The pruning room's figures draw what the reports hold, and draw something where a report is empty or null."""

import polars as pl
import pytest

from dagster_and import figures

UNLEARNING = pl.DataFrame(
    {
        "dissection": ["a"] * 5, "strategy": ["random", "OCP", "random", "TAB", "none"], "scale": ["logit"] * 5,
        "size_of": ["OCP", "OCP", "TAB", "TAB", "none"], "is_control": [False] * 4 + [True],
        "concepts": [3, 3, 0, 0, 3],
        **{f"{m}{e}": [v / 10, v, None, None, 0.0] for e in ("", "_low", "_high")
           for m, v in (("delta_ablated", -2.0), ("delta_retained", -1.0), ("gap", 1.0))},
    }
)  # fmt: skip
CLASSES = pl.DataFrame(
    {
        "dissection": "a", "strategy": "OCP", "concept": "dog", "class_label": ["dog", "rain"],
        "logit_before": [5.0, 4.0], "logit_after": [2.0, 3.5], "logit_change_standard_error": [0.5, None],
        "is_of_the_concept": [True, False],
        "rank_of_loss": [1, 2],
    }
)  # fmt: skip
FEATURES = pl.DataFrame(
    {
        "dissection": "a", "panel": ["a", "a", "a", "b"], "feature": ["random", "random", "nouns", "basic_adjectives"],
        "fraction": [0.0, 0.1, 0.1, 0.1], "accuracy": [0.8, 0.5, None, 0.4], "accuracy_low": [0.7, 0.4, None, 0.3],
        "accuracy_high": [0.9, 0.6, None, 0.5], "chance_accuracy": [0.1] * 4,
    }
)  # fmt: skip


def test_table_4_has_a_bar_for_each_strategy_with_a_value():
    changes, gaps = figures.unlearning(UNLEARNING).axes
    heights = [patch.get_height() for patch in gaps.patches]
    assert heights[:2] == [1, 0.1]
    assert heights[4] == 0
    names = ["OCP", "random\nas OCP", "TAB", "random\nas TAB", "none\n(control)"]
    assert [text.get_text() for text in changes.get_xticklabels()] == names
    places = gaps.get_xticks()
    assert places[1] - places[0] < places[2] - places[1]


def test_the_legend_of_table_4_covers_nothing():
    figure = figures.unlearning(UNLEARNING)
    figure.canvas.draw()
    changes = figure.axes[0]
    assert not changes.get_legend().get_window_extent().overlaps(changes.bbox)
    assert not changes.get_legend().get_window_extent().overlaps(changes.get_xticklabels()[0].get_window_extent())


def test_fig_10_sorts_by_loss_and_marks_the_class_that_was_cut():
    (axis,) = figures.one_concept_pruned(CLASSES).axes
    assert [text.get_text() for text in axis.get_yticklabels()] == ["dog", "rain"]
    assert [text.get_fontweight() for text in axis.get_yticklabels()] == ["bold", "normal"]


def test_fig_4_draws_curves_and_chance_and_leaves_out_what_is_missing():
    first, second, third = figures.feature_importance(FEATURES).axes
    assert [line.get_label() for line in first.lines] == ["random", "chance"]
    assert [line.get_label() for line in second.lines] == ["basic adjectives", "chance"]
    assert not third.lines


@pytest.mark.parametrize(
    ("draw", "report"),
    [("unlearning", UNLEARNING), ("one_concept_pruned", CLASSES), ("feature_importance", FEATURES)],
)
def test_an_empty_report_is_drawn_too(draw: str, report: pl.DataFrame):
    figure = getattr(figures, draw)(report.clear())
    figure.canvas.draw()


def test_neurons_by_strategy_leaves_out_the_controls_and_random_which_is_as_large():
    prunings = pl.DataFrame({"strategy": ["OCP", "OCP", "all", "random"], "neurons": [3, 5, 100, 3]})
    (axis,) = figures.neurons_by_strategy(prunings).axes
    assert [text.get_text() for text in axis.get_yticklabels()] == ["OCP"]
