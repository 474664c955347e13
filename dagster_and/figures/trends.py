"""Quantities of the neurons over blocks, all dissections side by side (AND, Fig 5 and 6)."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dagster_and.figures.canvas import ACCENT, INK, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE = ("slope", "slope_low", "slope_high", "intercept", "p_value")
COLORS = (INK, ACCENT, "#5b8e7d", "#bc8a3c", "#7a5c99", "#3c78a8", "#a83c68", "#6b705c")


def adjectives_by_block(points: pl.DataFrame, lines: pl.DataFrame) -> "Figure":
    """Fig 5 from ``rpt_adjectives_by_block`` and ``rpt_adjectives_trend``: acoustic adjectives, then all of them."""
    figure, axes = canvas(1, 2, (12, 4.6))
    for axis, kind in zip(axes[0], ("acoustic", "all"), strict=True):
        of_it = pl.col("adjectives") == kind
        shown = points.filter(of_it).rename({f"adjectives_mean{end}": f"share{end}" for end in ("", "_low", "_high")})
        _panel(axis, shown, lines.filter(of_it))
        axis.set(title=f"{kind} adjectives", xlabel="block", ylabel="adjectives per neuron")
    return figure


def uninterpretable_by_block(points: pl.DataFrame, lines: pl.DataFrame) -> "Figure":
    """Fig 6 from ``rpt_uninterpretable_by_block`` and ``rpt_uninterpretable_trend``, one panel a threshold."""
    thresholds = points["threshold"].unique().sort().to_list()
    figure, axes = canvas(1, max(1, len(thresholds)), (1 + 4.6 * max(1, len(thresholds)), 4.6))
    for axis, threshold in zip(axes[0], thresholds, strict=False):
        of_it = pl.col("threshold") == threshold
        shown = points.filter(of_it).rename(
            {f"uninterpretable_share{end}": f"share{end}" for end in ("", "_low", "_high")}
        )
        _panel(axis, shown, lines.filter(of_it))
        for color, rows in _by_dissection(shown):
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


def _panel(axis: Any, points: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Points with intervals and the straight line of each dissection; the head is left out."""
    for color, rows in _by_dissection(points.filter(~pl.col("is_head")).sort("block_index")):
        name, blocks = rows["dissection"][0], rows["block_index"].to_numpy()
        middle, low, high = (rows[f"share{end}"].cast(pl.Float64).to_numpy() for end in ("", "_low", "_high"))
        reach = np.nan_to_num(np.clip([middle - low, high - middle], 0, None))
        axis.errorbar(blocks, middle, reach, fmt="o", color=color, capsize=2, markersize=4)
        line = lines.filter((pl.col("dissection") == name) & pl.col("slope").is_not_null())
        label = name
        for slope, low, high, intercept, p_value in line.select(LINE).iter_rows():
            axis.plot(blocks, intercept + slope * blocks, color=color, linewidth=1)
            label = f"{name}: {slope:+.3g} a block ({low:+.3g} to {high:+.3g}), {p_in_words(p_value)}"
        axis.plot([], [], color=color, label=label)
    axis.xaxis.get_major_locator().set_params(integer=True)
    if points.height:
        axis.legend(frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.13))


def _runs(axis: Any, report: pl.DataFrame) -> None:
    counts = report["clusters"].unique().sort().to_list()
    for color, clusters in zip(_colors(len(counts)), counts, strict=True):
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


def p_in_words(p_value: float) -> str:
    """A p value as figures show it: ``p < 0.001``, or to two digits."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def _by_dissection(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    parts = rows.sort("dissection", maintain_order=True).partition_by("dissection", maintain_order=True)
    return list(zip(_colors(len(parts)), parts, strict=True))


def _colors(count: int) -> list[str]:
    return [COLORS[i % len(COLORS)] for i in range(count)]


def _last(rows: pl.DataFrame) -> int:
    return max(rows.filter(~pl.col("is_head"))["block_index"].to_list(), default=0)
