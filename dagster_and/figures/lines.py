"""Points with intervals over blocks, and straight lines through them, all dissections side by side."""

from typing import Any

import polars as pl

from dagster_and.figures.canvas import block_axis, interval, numbers, series, short

LINE = ("slope", "slope_low", "slope_high", "intercept", "p_value")


def points_and_lines(axis: Any, points: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Points with intervals and the straight line of each dissection, without the head; the legend stands beside."""
    body = points.filter(~pl.col("is_head")).sort("block_index")
    for look, rows in by_dissection(body):
        name, blocks = rows["dissection"][0], rows["block_index"].to_numpy()
        reach = interval(rows, "share", "share_low", "share_high")
        axis.errorbar(blocks, numbers(rows["share"]), reach, **look, linestyle="none")
        line = lines.filter((pl.col("dissection") == name) & pl.col("slope").is_not_null())
        label = short(name)
        for slope, low, high, intercept, p_value in line.select(LINE).iter_rows():
            axis.plot(blocks, intercept + slope * blocks, color=look["color"], linewidth=1)
            label += f"\n{signed(slope)} a block, {p_in_words(p_value)}\n({signed(low)} to {signed(high)})"
        axis.plot([], [], **look, label=label)
    block_axis(axis, body)
    if body.height:
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=7)


def signed(number: float) -> str:
    """A slope to three digits, with its sign."""
    return f"{number:+.3g}".replace("-", "\u2212")


def p_in_words(p_value: float) -> str:
    """A p value as figures show it: ``p < 0.001``, or to two digits."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def by_dissection(rows: pl.DataFrame) -> list[tuple[dict[str, Any], pl.DataFrame]]:
    """Each dissection's color and marker, and its rows, by name."""
    parts = rows.sort("dissection", maintain_order=True).partition_by("dissection", maintain_order=True)
    return [(series(place), part) for place, part in enumerate(parts)]
