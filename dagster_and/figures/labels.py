"""How many neurons have a label, how closely it fits, and how few clips carry the activation."""

from typing import TYPE_CHECKING

import polars as pl

from dagster_and.figures.canvas import (
    INK,
    QUIET,
    SKY,
    WIDTH,
    NothingToDrawError,
    block_axis,
    canvas,
    chance_line,
    interval,
    legend_below,
    numbers,
    series,
    short,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEDIANS = {
    "auroc_median": "AUROC of the label",
    "accounts_for_median": "share of the activation on its clips",
    "share_of_clips_median": "share of clips that carry it",
}


def labels_by_block(report: pl.DataFrame) -> "Figure":
    """Share of labelled neurons with its interval, and beside it the median fit and selectivity; a row a dissection.

    Raises:
        NothingToDrawError: there is no neuron.
    """
    if report.is_empty():
        raise NothingToDrawError("There is no neuron that could have a label.")
    parts = report.sort("dissection", "block_index").partition_by("dissection", maintain_order=True)
    figure, axes = canvas(len(parts), 2, (WIDTH, 0.9 + 1.9 * len(parts)))
    for (shares, medians), rows in zip(axes, parts, strict=True):
        blocks = rows["block_index"].to_numpy()
        reach = interval(rows, "share_labelled", "share_labelled_low", "share_labelled_high")
        shares.bar(blocks, rows["share_labelled"], color=SKY, width=0.7)
        shares.errorbar(blocks, rows["share_labelled"], reach, fmt="none", ecolor=INK)
        shares.set(ylim=(0, 1.02), ylabel="share with a label (95 %)")
        shares.set_title(f"{short(rows['dissection'][0], 20)}: {rows['neurons'].sum():,} neurons")
        for place, (name, said) in enumerate(MEDIANS.items()):
            medians.plot(blocks, numbers(rows[name]), **series(place), label=said, clip_on=False)
        medians.axhline(0.5, color=QUIET, linestyle="dotted")
        medians.set(ylim=(0, 1.02), ylabel="median over neurons")
        medians.set_title("how closely it fits, how selective")
        block_axis(shares, rows)
        block_axis(medians, rows)
    legend_below(figure, [*axes[0, 1].get_legend_handles_labels()[0], chance_line("chance (AUROC)")], columns=2)
    return figure
