"""Figures 5 and 6 show what the reports hold: points, lines and chance, and nothing where there is nothing."""

import polars as pl
import pytest

from dagster_and.figures import (
    NothingToDrawError,
    adjectives_by_block,
    interpretability_sensitivity,
    uninterpretable_by_block,
)
from dagster_and.figures.lines import p_in_words

LINE = {"slope": -0.1, "slope_low": -0.2, "slope_high": 0.0, "intercept": 0.5, "p_value": 0.04}
NO_LINE = dict.fromkeys(LINE)


def uninterpretable() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "dissection": name, "threshold": threshold, "block_index": block, "is_head": block == 2,
                "uninterpretable_share": share, "uninterpretable_share_low": share and share - 0.1,
                "uninterpretable_share_high": share and share + 0.1, "chance_share": 0.7,
            }
            for name, share in (("a", 0.5), ("b", None)) for threshold in (3, 4) for block in range(3)
        ],
        schema_overrides={"uninterpretable_share": pl.Float64},
    )  # fmt: skip


def lines() -> pl.DataFrame:
    kinds = [{"dissection": n, "threshold": t, **line} for n, line in (("a", LINE), ("b", NO_LINE)) for t in (3, 4)]
    return pl.DataFrame(kinds)


def test_figure_6_has_a_panel_a_threshold_and_leaves_out_the_head():
    figure = uninterpretable_by_block(uninterpretable(), lines())
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == [f"fewer than {t} of the top clips share a theme (t = {t})" for t in (3, 4)]
    drawn = [artist.get_ydata().tolist() for artist in figure.axes[0].lines]
    assert [0.5, 0.5] in drawn  # the points of two blocks
    assert [pytest.approx(0.5), pytest.approx(0.4)] in drawn  # the line
    assert all(len(values) <= 2 for values in drawn)


def test_the_legend_tells_slope_interval_and_p_where_there_is_a_line():
    figure = uninterpretable_by_block(uninterpretable(), lines())
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["a\n−0.1 a block, p = 0.04\n(−0.2 to +0)", "b"]


def test_figure_5_without_any_neuron_is_not_drawn():
    schema = {"dissection": pl.String, "adjectives": pl.String, "block_index": pl.Int32, "is_head": pl.Boolean}
    numbers = ("adjectives_mean", "adjectives_mean_low", "adjectives_mean_high")
    points = pl.DataFrame(schema=schema | dict.fromkeys(numbers, pl.Float64))
    nothing = pl.DataFrame([{"dissection": "a", "adjectives": kind, **NO_LINE} for kind in ("acoustic", "all")])
    with pytest.raises(NothingToDrawError, match="has a description"):
        adjectives_by_block(points, nothing)


def test_figure_5_draws_a_mean_without_an_interval():
    rows = [
        {"dissection": "a", "adjectives": kind, "block_index": block, "is_head": False, "adjectives_mean": 2.0 - block,
         "adjectives_mean_low": None, "adjectives_mean_high": None}
        for kind in ("acoustic", "all") for block in (0, 1)
    ]  # fmt: skip
    line = pl.DataFrame([{"dissection": "a", "adjectives": kind, **LINE} for kind in ("acoustic", "all")])
    figure = adjectives_by_block(pl.DataFrame(rows), line)
    assert [2.0, 1.0] in [artist.get_ydata().tolist() for artist in figure.axes[0].lines]


def test_sensitivity_has_a_line_a_number_of_clusters():
    rows = [
        {"dissection": "a", "threshold": 3, "clusters": clusters, "block_index": block, "is_head": False,
         "uninterpretable_share_mean": 0.5, "uninterpretable_share_least": 0.4, "uninterpretable_share_most": 0.6,
         "chance_share_mean": 0.8}
        for clusters in (5, 11) for block in (0, 1)
    ]  # fmt: skip
    figure = interpretability_sensitivity(pl.DataFrame(rows))
    (axis,) = figure.axes
    (legend,) = figure.legends
    said = ["5 clusters", "11 clusters", "least to most over seeds", "random clips"]
    assert [text.get_text() for text in legend.get_texts()] == said
    assert axis.get_title(loc="left") == "a, t = 3"


@pytest.mark.parametrize(("p", "words"), [(0.0004, "p < 0.001"), (0.0213, "p = 0.021"), (1.0, "p = 1")])
def test_p_values_in_words(p: float, words: str):
    assert p_in_words(p) == words
