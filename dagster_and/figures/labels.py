"""How many neurons have a label, how closely it fits, and how few clips carry the activation."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.figures.canvas import ACCENT, INK, QUIET, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def labels_by_block(report: pl.DataFrame) -> "Figure":
    """Share of labelled neurons with its interval, and beside it the median fit and selectivity; a row a dissection."""
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = canvas(max(1, len(dissections)), 2, (12, 1 + 2.6 * max(1, len(dissections))))
    for (shares, medians), dissection in zip(axes, dissections, strict=False):
        rows = report.filter(pl.col("dissection") == dissection).sort("block_index")
        blocks = rows["block_index"].to_numpy()
        share, low, high = (rows[f"share_labelled{end}"].to_numpy() for end in ("", "_low", "_high"))
        shares.bar(blocks, share, color=INK, width=0.6)
        shares.errorbar(blocks, share, np.maximum(0, [share - low, high - share]), fmt="none", color=ACCENT, capsize=3)
        shares.set(ylim=(0, 1.02), xlabel="block", ylabel="share with a label", xticks=blocks)
        shares.set_title(f"{dissection}: labelled neurons, 95 % interval", loc="left", fontsize=10)
        for name, color, said in (
            ("auroc_median", INK, "AUROC of the label"),
            ("accounts_for_median", ACCENT, "share of the activation\nthat it accounts for"),
            ("share_of_clips_median", QUIET, "share of clips that\ncarry the activation"),
        ):
            medians.plot(blocks, rows[name].fill_null(np.nan).to_numpy(), color=color, marker="o", label=said)
        medians.axhline(0.5, color=QUIET, linestyle="dotted", label="chance of an AUROC")
        medians.set(ylim=(0, 1.02), xlabel="block", ylabel="median over neurons", xticks=blocks)
        medians.set_title("How closely, and how selective", loc="left", fontsize=10)
        medians.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
