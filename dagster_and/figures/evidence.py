"""How far claims about neurons can be trusted. Every figure draws what chance would give beside what was found."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.figures.canvas import ACCENT, INK, QUIET, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def held_out_scores(report: pl.DataFrame) -> "Figure":
    """Median and quartiles of held-out and shuffled scores by block, one panel a dissection and scorer."""
    panels = report.select("dissection", "scorer").unique().sort("dissection", "scorer").rows()
    figure, axes = canvas(max(1, len(panels)), 1, (8, 1 + 2.6 * max(1, len(panels))))
    for axis, (dissection, scorer) in zip(axes[:, 0], panels, strict=False):
        rows = report.filter((pl.col("dissection") == dissection) & (pl.col("scorer") == scorer)).sort("block_index")
        for shift, name, color in ((-0.1, "score", ACCENT), (0.1, "shuffled", QUIET)):
            rows_with = rows.drop_nulls(f"{name}_median")
            middle, low, high = (
                rows_with[f"{name}_{end}"].to_numpy() for end in ("median", "quartile_1", "quartile_3")
            )
            places = rows_with["block_index"].to_numpy() + shift
            label = "description" if name == "score" else "another neuron's"
            axis.errorbar(places, middle, [middle - low, high - middle], fmt="o", color=color, capsize=3, label=label)
        axis.axhline(0.5, color=QUIET, linestyle="dotted", label="chance")
        axis.set(ylim=(0, 1), xlabel="block", ylabel="AUROC on held-out clips", xticks=rows["block_index"].to_list())
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
    """Mean cosine of two descriptions of one neuron by block, with its interval, and of two different neurons."""
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = canvas(size=(8, 4))
    for dissection, color in zip(dissections, _colors(len(dissections)), strict=True):
        rows = report.filter(pl.col("dissection") == dissection).drop_nulls("cosine_mean").sort("block_index")
        mean = rows["cosine_mean"].to_numpy()
        low, high = (rows[f"cosine_mean_{end}"].fill_null(np.nan).to_numpy() for end in ("low", "high"))
        axes[0, 0].errorbar(
            rows["block_index"], mean, [mean - low, high - mean], color=color, capsize=3, label=dissection
        )
        axes[0, 0].plot(rows["block_index"], rows["chance_cosine_mean"], color=color, linestyle="dotted")
    axes[0, 0].set(xlabel="block", ylabel="cosine of the two descriptions", ylim=(0, 1.02))
    axes[0, 0].set_title("Two halves of the probing set; dotted: different neurons", loc="left", fontsize=10)
    if dissections:
        axes[0, 0].legend(frameon=False, fontsize=8)
    return figure


def dissection_comparison(report: pl.DataFrame) -> "Figure":
    """Differences between dissections with their intervals, layer by layer; a panel a pair and measure."""
    layers = report.filter(
        (pl.col("scope") == "layer") & pl.col("measure").is_in(["held_out_score", "described_share"])
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
