"""Which share of the neurons is uninterpretable, block by block (AND, Fig 6), and what that hangs on."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dagster_and.figures.canvas import (
    MARKERS,
    QUIET,
    WIDTH,
    NothingToDrawError,
    block_axis,
    canvas,
    chance_line,
    legend_below,
    numbers,
    short,
)
from dagster_and.figures.lines import by_dissection, points_and_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNJUDGED = "No neuron's top clips could be judged."


def uninterpretable_by_block(points: pl.DataFrame, lines: pl.DataFrame) -> "Figure":
    """Fig 6 from ``rpt_uninterpretable_by_block`` and ``rpt_uninterpretable_trend``, one panel a threshold.

    Raises:
        NothingToDrawError: no neuron could be judged.
    """
    if points["uninterpretable_share"].count() == 0:
        raise NothingToDrawError(UNJUDGED)
    thresholds = points["threshold"].unique().sort().to_list()
    figure, axes = canvas(len(thresholds), 1, (WIDTH, 0.7 + 1.6 * len(thresholds)), sharex=True)
    for axis, threshold in zip(axes[:, 0], thresholds, strict=False):
        of_it = pl.col("threshold") == threshold
        shown = points.filter(of_it).rename(
            {f"uninterpretable_share{end}": f"share{end}" for end in ("", "_low", "_high")}
        )
        points_and_lines(axis, shown, lines.filter(of_it))
        for look, rows in by_dissection(shown):
            chance = rows["chance_share"].drop_nulls().head(1)
            axis.hlines(chance, -0.3, _last(rows) + 0.3, look["color"], "dotted")
        axis.set(title=f"fewer than {threshold} of the top clips share a theme (t = {threshold})", ylim=(-0.03, 1.03))
        axis.set_xlabel("block" if axis is axes[-1, 0] else "")
    figure.supylabel("share of neurons, uninterpretable (95 %)", fontsize=8)
    legend_below(figure, [chance_line("if top clips were drawn at random")])
    return figure


def interpretability_sensitivity(report: pl.DataFrame) -> "Figure":
    """``rpt_interpretability_sensitivity``: a row a dissection, a panel a threshold, a line a number of clusters.

    Bands run from the least to the most over seeds, dotted lines say what random clips would give.

    Raises:
        NothingToDrawError: no neuron could be judged.
    """
    if report["uninterpretable_share_mean"].count() == 0:
        raise NothingToDrawError(UNJUDGED)
    from matplotlib.patches import Patch

    dissections = report["dissection"].unique().sort().to_list()
    thresholds = report["threshold"].unique().sort().to_list()
    counts = report["clusters"].unique().sort().to_list()
    rows, columns = len(dissections), len(thresholds)
    size = (max(WIDTH, 0.6 + 1.5 * columns), 0.9 + 1.8 * rows)
    figure, axes = canvas(rows, columns, size, sharex=True, sharey=True)
    for row, dissection in enumerate(dissections):
        for column, threshold in enumerate(thresholds):
            here = (pl.col("dissection") == dissection) & (pl.col("threshold") == threshold) & ~pl.col("is_head")
            _runs(axes[row, column], report.filter(here), counts)
            axes[row, column].set_title(f"{short(dissection, 18)}, t = {threshold}")
            block_axis(axes[row, column], report.filter(here))
    figure.supylabel("share of neurons, uninterpretable", fontsize=8)
    handles = axes[0, 0].get_legend_handles_labels()[0]
    spread = Patch(color=QUIET, alpha=0.3, linewidth=0, label="least to most over seeds")
    legend_below(figure, [*handles, spread, chance_line("random clips")])
    return figure


def _runs(axis: Any, report: pl.DataFrame, counts: list[int]) -> None:
    import matplotlib

    shades = matplotlib.colormaps["cividis"](np.linspace(0.05, 0.85, len(counts)))  # an order, told apart in grey, too
    for place, (color, clusters) in enumerate(zip(shades, counts, strict=True)):
        rows = report.filter(pl.col("clusters") == clusters).sort("block_index")
        blocks = rows["block_index"].to_numpy()
        least, most, middle, chance = (
            numbers(rows[name])
            for name in ("uninterpretable_share_least", "uninterpretable_share_most", "uninterpretable_share_mean",
                         "chance_share_mean")
        )  # fmt: skip
        axis.fill_between(blocks, least, most, color=color, alpha=0.2, linewidth=0)
        axis.plot(blocks, middle, color=color, marker=MARKERS[place % len(MARKERS)], markersize=3,
                  label=f"{clusters} clusters")  # fmt: skip
        axis.plot(blocks, chance, ":", color=color, linewidth=0.9)
    axis.set_ylim(-0.03, 1.03)


def _last(rows: pl.DataFrame) -> int:
    return max(rows.filter(~pl.col("is_head"))["block_index"].to_list(), default=0)
