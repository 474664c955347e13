"""Points with intervals over blocks, and straight lines through them, all dissections side by side."""

from typing import Any

import numpy as np
import polars as pl

from dagster_and.figures.canvas import ACCENT, INK

LINE = ("slope", "slope_low", "slope_high", "intercept", "p_value")
COLORS = (INK, ACCENT, "#5b8e7d", "#bc8a3c", "#7a5c99", "#3c78a8", "#a83c68", "#6b705c")


def points_and_lines(axis: Any, points: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Points with intervals and the straight line of each dissection; the head is left out."""
    for color, rows in by_dissection(points.filter(~pl.col("is_head")).sort("block_index")):
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


def p_in_words(p_value: float) -> str:
    """A p value as figures show it: ``p < 0.001``, or to two digits."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def by_dissection(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Each dissection's color and rows, by name."""
    parts = rows.sort("dissection", maintain_order=True).partition_by("dissection", maintain_order=True)
    return list(zip(colors(len(parts)), parts, strict=True))


def colors(count: int) -> list[str]:
    """So many colors; the first again after the last."""
    return [COLORS[i % len(COLORS)] for i in range(count)]
