"""What adjectives are said of the neurons, counted, and block by block (AND, Fig 3 and 5)."""

from typing import TYPE_CHECKING

import polars as pl

from dagster_and.figures.canvas import ACCENT, canvas
from dagster_and.figures.lines import points_and_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 20


def adjective_counts(report: pl.DataFrame) -> "Figure":
    """The commonest acoustic adjectives from ``rpt_adjective_counts`` (the paper's Figure 3), a panel a dissection."""
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = canvas(max(1, len(dissections)), 1, (8, 1.5 + 3.5 * max(1, len(dissections))))
    for axis, dissection in zip(axes[:, 0], dissections, strict=False):
        rows = report.filter((pl.col("dissection") == dissection) & (pl.col("rank") <= SHOWN)).sort("rank")
        bars = axis.barh(rows["adjective"].to_list(), rows["neurons"].to_numpy(), color=ACCENT)
        axis.bar_label(bars, [f"{share:.0%}" for share in rows["share_of_described"]], fontsize=7, padding=2)
        axis.invert_yaxis()
        axis.tick_params(axis="y", labelsize=8)
        axis.set_xlabel("neurons with the adjective, and their share of all described")
        axis.set_title(dissection, loc="left", fontsize=10)
    return figure


def adjectives_by_block(points: pl.DataFrame, lines: pl.DataFrame) -> "Figure":
    """Fig 5 from ``rpt_adjectives_by_block`` and ``rpt_adjectives_trend``: acoustic adjectives, then all of them."""
    figure, axes = canvas(1, 2, (12, 4.6))
    for axis, kind in zip(axes[0], ("acoustic", "all"), strict=True):
        of_it = pl.col("adjectives") == kind
        shown = points.filter(of_it).rename({f"adjectives_mean{end}": f"share{end}" for end in ("", "_low", "_high")})
        points_and_lines(axis, shown, lines.filter(of_it))
        axis.set(title=f"{kind} adjectives", xlabel="block", ylabel="adjectives per neuron")
    return figure
