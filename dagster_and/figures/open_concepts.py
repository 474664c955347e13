"""What adjectives are said of the neurons, counted, and block by block (AND, Fig 3 and 5)."""

from typing import TYPE_CHECKING

import polars as pl

from dagster_and.figures.canvas import BLUE, WIDTH, NothingToDrawError, canvas, short
from dagster_and.figures.lines import points_and_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 20
KINDS = ("acoustic", "all")


def adjective_counts(report: pl.DataFrame) -> "Figure":
    """The commonest acoustic adjectives from ``rpt_adjective_counts`` (the paper's Figure 3), a panel a dissection.

    Raises:
        NothingToDrawError: none was said of any neuron.
    """
    if report.is_empty():
        raise NothingToDrawError("No acoustic adjective was said of any neuron.")
    shown = report.filter(pl.col("rank") <= SHOWN).sort("dissection", "rank")
    parts = shown.partition_by("dissection", maintain_order=True)
    lines = [0.6 + 0.17 * rows.height for rows in parts]
    figure, axes = canvas(len(parts), 1, (WIDTH, sum(lines) + 0.2), height_ratios=lines)
    for axis, rows in zip(axes[:, 0], parts, strict=True):
        bars = axis.barh([short(word) for word in rows["adjective"]], rows["neurons"].to_numpy(), color=BLUE)
        axis.bar_label(bars, [f"{share:.0%}" for share in rows["share_of_described"]], fontsize=7, padding=2)
        axis.invert_yaxis()
        axis.margins(x=0.09, y=0.02)
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.xaxis.get_major_locator().set_params(integer=True)
        described = rows["neurons"][0] / rows["share_of_described"][0]
        axis.set_title(f"{short(rows['dissection'][0], 40)}: {described:,.0f} neurons with a description")
    axes[-1, 0].set_xlabel("neurons with the adjective (and their share)")
    return figure


def adjectives_by_block(points: pl.DataFrame, lines: pl.DataFrame) -> "Figure":
    """Fig 5 from ``rpt_adjectives_by_block`` and ``rpt_adjectives_trend``: acoustic adjectives, then all of them.

    Raises:
        NothingToDrawError: there is no neuron with a description.
    """
    if points.filter(~pl.col("is_head"))["adjectives_mean"].count() == 0:
        raise NothingToDrawError("No neuron below the head has a description.")
    figure, axes = canvas(len(KINDS), 1, (WIDTH, 4.0), sharex=True)
    for axis, kind in zip(axes[:, 0], KINDS, strict=True):
        of_it = pl.col("adjectives") == kind
        shown = points.filter(of_it).rename({f"adjectives_mean{end}": f"share{end}" for end in ("", "_low", "_high")})
        points_and_lines(axis, shown, lines.filter(of_it))
        axis.set(title=f"{kind} adjectives", xlabel="block" if axis is axes[-1, 0] else "")
    figure.supylabel("adjectives of a neuron, mean (95 %)", fontsize=8)
    return figure
