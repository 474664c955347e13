"""Which share of the neurons is uninterpretable, block by block (AND, Fig 6), and what that hangs on."""

from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.figures.canvas import canvas
from dagster_and.figures.lines import by_dissection, colors, points_and_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def uninterpretable_by_block(points: pl.DataFrame, lines: pl.DataFrame) -> "Figure":
    """Fig 6 from ``rpt_uninterpretable_by_block`` and ``rpt_uninterpretable_trend``, one panel a threshold."""
    thresholds = points["threshold"].unique().sort().to_list()
    figure, axes = canvas(1, max(1, len(thresholds)), (1 + 4.6 * max(1, len(thresholds)), 4.6))
    for axis, threshold in zip(axes[0], thresholds, strict=False):
        of_it = pl.col("threshold") == threshold
        shown = points.filter(of_it).rename(
            {f"uninterpretable_share{end}": f"share{end}" for end in ("", "_low", "_high")}
        )
        points_and_lines(axis, shown, lines.filter(of_it))
        for color, rows in by_dissection(shown):
            axis.hlines(rows["chance_share"].drop_nulls().head(1), -0.3, _last(rows) + 0.3, color, "dotted")
        axis.set(title=f"t = {threshold} of the top clips (dotted: random clips)", xlabel="block", ylim=(-0.03, 1.03))
    axes[0, 0].set_ylabel("share of uninterpretable neurons")
    return figure


def interpretability_sensitivity(report: pl.DataFrame) -> "Figure":
    """``rpt_interpretability_sensitivity``: a row a dissection, a panel a threshold, a line a number of clusters.

    Bands run from the least to the most over seeds, dotted lines say what random clips would give.
    """
    dissections = report["dissection"].unique().sort().to_list()
    thresholds = report["threshold"].unique().sort().to_list()
    rows, columns = max(1, len(dissections)), max(1, len(thresholds))
    figure, axes = canvas(rows, columns, (1 + 3.8 * columns, 1 + 3.2 * rows))
    for row, dissection in enumerate(dissections):
        for column, threshold in enumerate(thresholds):
            here = (pl.col("dissection") == dissection) & (pl.col("threshold") == threshold) & ~pl.col("is_head")
            _runs(axes[row, column], report.filter(here))
            axes[row, column].set_title(f"{dissection}, t = {threshold}", fontsize=9, loc="left")
    figure.supxlabel("block", fontsize=9)
    figure.supylabel("share of uninterpretable neurons", fontsize=9)
    return figure


def _runs(axis: Any, report: pl.DataFrame) -> None:
    counts = report["clusters"].unique().sort().to_list()
    for color, clusters in zip(colors(len(counts)), counts, strict=True):
        rows = report.filter(pl.col("clusters") == clusters).sort("block_index")
        blocks = rows["block_index"].to_numpy()
        least, most, middle, chance = (
            rows[name].cast(pl.Float64).to_numpy()
            for name in ("uninterpretable_share_least", "uninterpretable_share_most", "uninterpretable_share_mean",
                         "chance_share_mean")
        )  # fmt: skip
        axis.fill_between(blocks, least, most, color=color, alpha=0.15, linewidth=0)
        axis.plot(blocks, middle, "o-", color=color, markersize=3, linewidth=1, label=f"{clusters} clusters")
        axis.plot(blocks, chance, ":", color=color, linewidth=1)
    axis.set_ylim(-0.03, 1.03)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(frameon=False, fontsize=6)


def _last(rows: pl.DataFrame) -> int:
    return max(rows.filter(~pl.col("is_head"))["block_index"].to_list(), default=0)
