"""How far claims about neurons can be trusted. Every figure draws what chance would give beside what was found."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dagster_and.figures.canvas import (
    BLUE,
    INK,
    ORANGE,
    QUIET,
    VERMILLION,
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
    shown_as,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCORERS = {"form": "label", "detection": "label, by an LLM", "words": "description, words",
           "embedding": "description, meaning"}  # fmt: skip
MEASURES = {"label_auroc": "labels: AUROC", "label_agreement": "labels: agreement",
            "description_score": "descriptions: score"}  # fmt: skip
PAIRS = 6
"""Pairs of dissections that are drawn: eleven dissections make 55."""


def held_out_scores(report: pl.DataFrame) -> "Figure":
    """Median and quartiles of scores by block, with shuffled ones; a row a dissection, a panel a scorer, labels first.

    Raises:
        NothingToDrawError: nothing was scored.
    """
    if report["score_median"].count() == 0:
        raise NothingToDrawError("No label and no description was scored.")
    dissections = report["dissection"].unique().sort().to_list()
    scorers = report.select("scorer", "scorer_order").unique().sort("scorer_order")["scorer"].to_list()
    size = (max(WIDTH, 1 + 1.5 * len(scorers)), 0.8 + 1.7 * len(dissections))
    figure, axes = canvas(len(dissections), len(scorers), size, sharey=True)
    for line, dissection in zip(axes, dissections, strict=True):
        for axis, scorer in zip(line, scorers, strict=True):
            rows = report.filter((pl.col("dissection") == dissection) & (pl.col("scorer") == scorer))
            axis.set_visible(rows.height > 0)
            _scores(axis, rows.sort("block_index"))
            n = f"{rows['scored_neurons'].sum():,}"
            axis.set_title(f"{SCORERS.get(scorer, short(scorer))}\n{short(dissection, 14)}, n = {n}")
    figure.supylabel("AUROC on clips that did not make it", fontsize=8)
    shown = shown_as("median and quartiles over neurons", color=BLUE, marker="o")
    legend_below(figure, [shown, shown_as("another neuron's", color=QUIET, marker="s"), chance_line()])
    return figure


def _scores(axis: Any, rows: pl.DataFrame) -> None:
    kinds = (("score", BLUE, "o"), ("shuffled", QUIET, "s"))
    there = [kind for kind in kinds if rows[f"{kind[0]}_median"].count()]
    for place, (name, color, marker) in enumerate(there):
        known = rows.drop_nulls(f"{name}_median")
        reach = interval(known, f"{name}_median", f"{name}_quartile_1", f"{name}_quartile_3")
        places = known["block_index"].to_numpy() + 0.24 * (place - (len(there) - 1) / 2)  # side by side
        axis.errorbar(places, numbers(known[f"{name}_median"]), reach, fmt=marker, color=color, clip_on=False)
    axis.axhline(0.5, color=QUIET, linestyle="dotted")
    axis.set(ylim=(0, 1.02))
    block_axis(axis, rows)


def planted_neurons(report: pl.DataFrame) -> "Figure":
    """Hits and misses by kind of planted neuron, a panel a dissection.

    Raises:
        NothingToDrawError: none was planted.
    """
    if report.is_empty():
        raise NothingToDrawError("No network here has planted neurons.")
    parts = report.sort("dissection").partition_by("dissection", maintain_order=True)
    kinds = [part.group_by("kind").agg(pl.col("is_hit").sum(), pl.len()).sort("kind") for part in parts]
    lines = [0.4 + 0.19 * rows.height for rows in kinds]
    figure, axes = canvas(len(parts), 1, (WIDTH, 0.7 + sum(lines)), sharex=True, height_ratios=lines)
    for axis, part, rows in zip(axes[:, 0], parts, kinds, strict=True):
        hits, all_of_it = rows["is_hit"].to_numpy(), rows["len"].to_numpy()
        axis.barh(rows["kind"], hits, color=BLUE, label="said what they are")
        axis.barh(rows["kind"], all_of_it - hits, left=hits, color="white", edgecolor=VERMILLION, hatch="////",
                  linewidth=0.8, label="not so")  # fmt: skip
        axis.set_title(f"{short(part['dissection'][0])}: {part['is_hit'].sum()} of {part.height} hit")
        axis.invert_yaxis()
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes[-1, 0].set_xlabel("planted neurons (noise and dead ones are hit where nothing is stated)")
    legend_below(figure, axes[0, 0].get_legend_handles_labels()[0])
    return figure


def description_stability(report: pl.DataFrame) -> "Figure":
    """Above, how far the parts' labels agree by block; below, the mean cosine of two descriptions of one neuron.

    Raises:
        NothingToDrawError: no neuron has either.
    """
    if report["label_agreement_mean"].count() + report["cosine_mean"].count() == 0:
        raise NothingToDrawError("No neuron has a label, or a description from either half of the clips.")
    figure, axes = canvas(2, 1, (WIDTH, 4.4), sharex=True)
    kinds = (
        ("label_agreement_mean", "unlabelled_agreement_mean", "intersection over union (95 %)",
         "Labels from parts of the clips", "labelled_neurons"),
        ("cosine_mean", "chance_cosine_mean", "cosine (95 %)", "Descriptions from halves of the clips",
         "compared_neurons"),
    )  # fmt: skip
    handles = []
    for axis, (mean, chance, unit, title, counted) in zip(axes[:, 0], kinds, strict=True):
        for place, own in enumerate(report.sort("dissection").partition_by("dissection", maintain_order=True)):
            rows, look = own.drop_nulls(mean).sort("block_index"), series(place)
            label = short(own["dissection"][0])
            reach = interval(rows, mean, f"{mean}_low", f"{mean}_high")
            line = axis.errorbar(rows["block_index"], numbers(rows[mean]), reach, **look, label=label)
            handles += [line] if mean == "cosine_mean" else []
            rows = own.drop_nulls(chance).sort("block_index")
            axis.plot(rows["block_index"], numbers(rows[chance]), color=look["color"], linestyle="dotted")
        axis.set(ylabel=unit, ylim=(0, 1.02))
        axis.set_title(f"{title} ({report[counted].sum():,} neurons)")
        block_axis(axis, report)
    axes[0, 0].set_xlabel("")
    legend_below(figure, [*handles, chance_line("neurons without a label (above), different neurons (below)")], 2)
    return figure


def dissection_comparison(report: pl.DataFrame) -> "Figure":
    """Differences between dissections with their intervals, layer by layer; a row a pair, a panel a measure.

    Raises:
        NothingToDrawError: there are no two with a layer in common.
    """
    layers = report.filter((pl.col("scope") == "layer") & pl.col("measure").is_in(list(MEASURES)))
    pairs = layers.select("dissection_a", "dissection_b").unique().sort(pl.all()).rows()
    if not pairs:
        raise NothingToDrawError("There are no two dissections with a layer of one name to compare.")
    parts = [_in_order(layers.filter((pl.col("dissection_a") == a) & (pl.col("dissection_b") == b)))
             for a, b in pairs[:PAIRS]]  # fmt: skip
    lines = [0.75 + 0.15 * len(names) for names, _ in parts]
    size = (WIDTH + 1, 0.7 + sum(lines))
    figure, axes = canvas(len(parts), len(MEASURES), size, sharey="row", height_ratios=lines)
    for line, (a, b), (names, rows) in zip(axes, pairs, parts, strict=False):
        for axis, (measure, said) in zip(line, MEASURES.items(), strict=True):
            _differences(axis, rows.filter(pl.col("measure") == measure), names)
            axis.set_xlabel(said)
        line[0].set_title(f"{short(b, 32)} minus {short(a, 32)}").set_in_layout(False)  # it spans all panels
    outside = shown_as("difference, 95 % interval", marker="o", color=BLUE)
    inside = shown_as("the interval holds 0", marker="o", color=ORANGE, markerfacecolor="white")
    legend_below(figure, [outside, inside])
    if len(pairs) > PAIRS:
        figure.suptitle(f"The first {PAIRS} of {len(pairs)} pairs; all are in the table.", fontsize=8.5)
    return figure


def _in_order(rows: pl.DataFrame) -> tuple[list[str], pl.DataFrame]:
    """The parts of a pair, block 2 before block 10, and its rows."""
    parts = rows["part"].unique().to_list()
    return sorted(parts, key=lambda part: [(int(n or 0), t) for n, t in re.findall(r"(\d+)|(\D+)", part)]), rows


def _differences(axis: Any, rows: pl.DataFrame, names: list[str]) -> None:
    places = np.array([names.index(part) for part in rows["part"]], dtype=float)
    reach = interval(rows, "difference", "difference_low", "difference_high")
    middle = numbers(rows["difference"])
    axis.errorbar(middle, places, xerr=reach, fmt="none", ecolor=INK, elinewidth=0.8)
    is_beyond = ((rows["difference_low"] > 0) | (rows["difference_high"] < 0)).fill_null(False).to_numpy()
    axis.plot(middle[is_beyond], places[is_beyond], "o", color=BLUE)
    axis.plot(middle[~is_beyond], places[~is_beyond], "o", color=ORANGE, markerfacecolor="white")
    axis.axvline(0, color=QUIET, linestyle="dotted")
    axis.set_yticks(range(len(names)), [short(name) for name in names])
    axis.set_ylim(len(names) - 0.4, -0.6)
