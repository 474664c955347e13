"""How far claims about neurons can be trusted. Every figure draws what chance would give beside what was found."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.figures.canvas import ACCENT, INK, QUIET, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def held_out_scores(report: pl.DataFrame) -> "Figure":
    """Median and quartiles of scores by block, with shuffled ones; a panel a dissection and scorer, labels first."""
    kinds = report.select("dissection", "scorer", "scorer_order").unique().sort("dissection", "scorer_order")
    panels = kinds.select("dissection", "scorer").rows()
    figure, axes = canvas(max(1, len(panels)), 1, (8, 1 + 2.6 * max(1, len(panels))))
    for axis, (dissection, scorer) in zip(axes[:, 0], panels, strict=False):
        rows = report.filter((pl.col("dissection") == dissection) & (pl.col("scorer") == scorer)).sort("block_index")
        for shift, name, color in ((-0.1, "score", ACCENT), (0.1, "shuffled", QUIET)):
            rows_with = rows.drop_nulls(f"{name}_median")
            middle, low, high = (
                rows_with[f"{name}_{end}"].to_numpy() for end in ("median", "quartile_1", "quartile_3")
            )
            places = rows_with["block_index"].to_numpy() + shift
            if rows_with.is_empty():
                continue
            said = "label" if scorer in ("form", "detection") else "description"
            label = said if name == "score" else "another neuron's"
            axis.errorbar(places, middle, [middle - low, high - middle], fmt="o", color=color, capsize=3, label=label)
        axis.axhline(0.5, color=QUIET, linestyle="dotted", label="chance")
        axis.set(
            ylim=(0, 1),
            xlabel="block",
            ylabel="AUROC, clips that did not make it",
            xticks=rows["block_index"].to_list(),
        )
        axis.set_title(f"{dissection}: by {scorer}; median and quartiles over neurons", loc="left", fontsize=10)
        axis.legend(frameon=False, fontsize=8, ncols=3, loc="lower left")
    return figure


def planted_neurons(report: pl.DataFrame) -> "Figure":
    """Hits and misses by kind of planted neuron, a panel a dissection."""
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = canvas(max(1, len(dissections)), 1, (8, 1 + 2.2 * max(1, len(dissections))))
    for axis, dissection in zip(axes[:, 0], dissections, strict=False):
        kinds = report.filter(pl.col("dissection") == dissection).group_by("kind").agg(
            pl.col("is_hit").sum(), pl.len()).sort("kind")  # fmt: skip
        hits, all_of_it = kinds["is_hit"].to_numpy(), kinds["len"].to_numpy()
        axis.barh(kinds["kind"], hits, color=INK, label="hit")
        axis.barh(kinds["kind"], all_of_it - hits, left=hits, color=ACCENT, label="missed")
        axis.set_xlabel("planted neurons (noise and dead ones are hit when nothing is stated of them)")
        axis.set_title(dissection, loc="left", fontsize=10)
        axis.legend(frameon=False, fontsize=8)
    return figure


def description_stability(report: pl.DataFrame) -> "Figure":
    """Above, how far the parts' labels agree by block; below, the mean cosine of two descriptions of one neuron."""
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = canvas(2, 1, (8, 7))
    for dissection, color in zip(dissections, _colors(len(dissections)), strict=True):
        own = report.filter(pl.col("dissection") == dissection).sort("block_index")
        rows = own.drop_nulls("label_agreement_mean")
        mean = rows["label_agreement_mean"].to_numpy()
        low, high = (rows[f"label_agreement_mean_{end}"].fill_null(np.nan).to_numpy() for end in ("low", "high"))
        axes[0, 0].errorbar(
            rows["block_index"], mean, [mean - low, high - mean], color=color, capsize=3, label=dissection
        )
        rows = own.drop_nulls("unlabelled_agreement_mean")
        axes[0, 0].plot(rows["block_index"], rows["unlabelled_agreement_mean"], color=color, linestyle="dotted")
    axes[0, 0].set(xlabel="block", ylabel="intersection over union", ylim=(0, 1.02))
    axes[0, 0].set_title("Labels that the parts chose; dotted: neurons without a label", loc="left", fontsize=10)
    for dissection, color in zip(dissections, _colors(len(dissections)), strict=True):
        rows = report.filter(pl.col("dissection") == dissection).drop_nulls("cosine_mean").sort("block_index")
        mean = rows["cosine_mean"].to_numpy()
        low, high = (rows[f"cosine_mean_{end}"].fill_null(np.nan).to_numpy() for end in ("low", "high"))
        axes[1, 0].errorbar(
            rows["block_index"], mean, [mean - low, high - mean], color=color, capsize=3, label=dissection
        )
        axes[1, 0].plot(rows["block_index"], rows["chance_cosine_mean"], color=color, linestyle="dotted")
    axes[1, 0].set(xlabel="block", ylabel="cosine of the two descriptions", ylim=(0, 1.02))
    axes[1, 0].set_title("Descriptions of two halves of the clips; dotted: different neurons", loc="left", fontsize=10)
    if dissections:
        axes[0, 0].legend(frameon=False, fontsize=8)
    return figure


def dissection_comparison(report: pl.DataFrame) -> "Figure":
    """Differences between dissections with their intervals, layer by layer; a panel a pair and measure."""
    layers = report.filter(
        (pl.col("scope") == "layer") & pl.col("measure").is_in(["label_auroc", "label_agreement", "description_score"])
    )
    panels = layers.select("dissection_a", "dissection_b", "measure").unique().sort(pl.all()).rows()
    figure, axes = canvas(max(1, len(panels)), 1, (8, 1 + 2.8 * max(1, len(panels))))
    for axis, (a, b, measure) in zip(axes[:, 0], panels, strict=False):
        rows = layers.filter(
            (pl.col("dissection_a") == a) & (pl.col("dissection_b") == b) & (pl.col("measure") == measure)
        )
        middle = rows["difference"].to_numpy()
        low, high = (rows[f"difference_{end}"].fill_null(np.nan).to_numpy() for end in ("low", "high"))
        axis.errorbar(middle, rows["part"].to_list(), xerr=[middle - low, high - middle], fmt="o", color=INK, capsize=3)
        axis.axvline(0, color=QUIET, linestyle="dotted")
        axis.set_xlabel(f"{measure.replace('_', ' ')}: {b} minus {a}, 95 % interval")
    if not panels:
        axes[0, 0].text(0.5, 0.5, "One dissection so far: nothing to compare.", ha="center")
    return figure


def _colors(count: int) -> list[str]:
    return ([ACCENT, INK, QUIET, "#588157", "#7b5ea7"] * count)[:count]
