"""What is cut, what is then forgotten and kept, and what the network relies on."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dagster_and.figures.canvas import (
    BLUE,
    GREEN,
    QUIET,
    VERMILLION,
    WIDTH,
    NothingToDrawError,
    canvas,
    interval,
    legend_below,
    numbers,
    series,
    short,
    shown_as,
)
from dagster_and.method.pruning.selection import CONTROLS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = {"a": "parts of speech and length", "b": "basic against other adjectives", "c": "single adjectives"}
CLASSES_OF_A_PANEL = 12
UNMEASURED = "What a cut does could not be measured"


def neurons_by_strategy(prunings: pl.DataFrame) -> "Figure":
    """Neurons that each strategy would cut, one point a concept, from ``prunings``; random cuts as many as each.

    Raises:
        NothingToDrawError: no strategy but the controls was asked for.
    """
    chosen = prunings.filter(~pl.col("strategy").is_in([*CONTROLS, "random"]))
    strategies = chosen["strategy"].unique().sort().to_list()
    if not strategies:
        raise NothingToDrawError("No concept is cut by any strategy.")
    figure, axes = canvas(size=(WIDTH, 0.8 + 0.25 * len(strategies)))
    for place, strategy in enumerate(strategies):
        sizes = chosen.filter(pl.col("strategy") == strategy)["neurons"].to_numpy()
        axes[0, 0].plot(sizes, np.full(len(sizes), place), "o", color=BLUE, alpha=0.4, markeredgewidth=0)
    axes[0, 0].set_yticks(range(len(strategies)), [short(name) for name in strategies])
    concepts = chosen.group_by("strategy").len()["len"].max()
    axes[0, 0].set(xlabel=f"neurons that would go, one point a concept ({concepts})", xlim=(-1, None))
    axes[0, 0].set_ylim(len(strategies) - 0.5, -0.5)
    axes[0, 0].xaxis.set_major_formatter("{x:,.0f}")
    axes[0, 0].xaxis.get_major_locator().set_params(integer=True)
    return figure


def unlearning(report: pl.DataFrame) -> "Figure":
    """Delta A, Delta R and the gap by strategy with their intervals, one row a dissection, from ``rpt_unlearning``.

    Strategies of one size stand together, the random cuts of that size last and hollow.

    Raises:
        NothingToDrawError: no cut could be measured; says why.
    """
    logits = report.filter(pl.col("scale") == "logit")
    measured = logits.filter((pl.col("delta_ablated").count() > 0).over("dissection"))
    if measured.is_empty():
        raise NothingToDrawError(_unmeasured(logits))
    parts = measured.sort(
        "dissection", "is_control", "size_of", pl.col("strategy") == "random", "strategy"
    ).partition_by("dissection", maintain_order=True)
    lines = [0.6 + 0.2 * rows.height for rows in parts]
    figure, axes = canvas(len(parts), 2, (WIDTH, 0.5 + sum(lines)), sharey="row", height_ratios=lines)
    for (changes, gaps), rows in zip(axes, parts, strict=True):
        places = np.arange(rows.height) + _steps(rows)
        _points(changes, rows, places - 0.15, "delta_ablated", VERMILLION, "o")
        _points(changes, rows, places + 0.15, "delta_retained", BLUE, "s")
        _points(gaps, rows, places, "gap", GREEN, "D")
        changes.set_yticks(places, [_name(row) for row in rows.iter_rows(named=True)])
        changes.set_ylim(places[-1] + 0.6, -0.6)
        concepts, clips = rows["concepts"].max() or 0, rows["clips"].max() or 0
        changes.set_title(f"{short(rows['dissection'][0], 20)}: {concepts} concepts, {clips:,} clips")
    axes[-1, 0].set_xlabel("mean change of own logit")
    axes[-1, 1].set_xlabel("gap: |Delta A| − |Delta R|")
    said = (("o", VERMILLION, "Delta A (the concept)"), ("s", BLUE, "Delta R (others)"), ("D", GREEN, "gap"))
    handles = [shown_as(label, marker=marker, color=color) for marker, color, label in said]
    hollow = shown_as("as many at random", marker="o", color=QUIET, markerfacecolor="white")
    legend_below(figure, [*handles, hollow], columns=4)
    return figure


def one_concept_pruned(report: pl.DataFrame, strategy: str = "OCP", concepts: int = 6) -> "Figure":
    """Each class's own logit before and after, sorted by change, one panel a concept, from ``rpt_unlearning_by_class``.

    The first ``concepts`` of each dissection; bars are one standard error either way.

    Raises:
        NothingToDrawError: that strategy cut nothing that could be measured.
    """
    rows = report.filter((pl.col("strategy") == strategy) & pl.col("logit_after").is_not_null())
    cuts = rows.select("dissection", "concept").unique(maintain_order=True)
    cuts = cuts.group_by("dissection", maintain_order=True).head(concepts).rows()
    if not cuts:
        raise NothingToDrawError(f"{UNMEASURED}: {strategy} cut no concept of a class that the network tells.")
    several = len({dissection for dissection, _ in cuts}) > 1
    shown = [
        rows.filter((pl.col("dissection") == dissection) & (pl.col("concept") == concept))
        .sort("rank_of_loss").head(CLASSES_OF_A_PANEL) for dissection, concept in cuts
    ]  # fmt: skip
    columns = min(2, len(cuts))
    lines = -(-len(cuts) // columns)
    tallest = max(part.height for part in shown)
    figure, axes = canvas(lines, columns, (WIDTH, 0.5 + lines * (0.5 + 0.15 * tallest)))
    for axis in axes.flat[len(cuts) :]:
        axis.set_visible(False)
    for axis, (dissection, concept), part in zip(axes.flat, cuts, shown, strict=False):
        _classes(axis, part)
        of = f"{short(dissection, 14)}: " if several else ""
        axis.set_title(f"{of}{short(concept, 20)} cut out ({strategy})", x=-0.3)
    clips = rows.group_by("dissection", "concept").agg(pl.col("clips").sum())["clips"].max()
    for axis in axes[-1]:
        axis.set_xlabel(f"own logit ({clips:,} clips)")
    legend_below(figure, axes[0, 0].get_legend_handles_labels()[0])
    return figure


def feature_importance(report: pl.DataFrame) -> "Figure":
    """Accuracy against the share of neurons cut, three panels a dissection, from ``rpt_feature_importance``.

    Raises:
        NothingToDrawError: no cut could be measured; says why.
    """
    measured = report.filter(pl.col("accuracy").is_not_null())
    if measured.is_empty():
        raise NothingToDrawError(_unmeasured(report.rename({"missing_reason": "note"})))
    shown = measured.select("dissection", "panel").unique().sort("dissection", "panel").rows()
    figure, axes = canvas(len(shown), 1, (WIDTH, 0.4 + 1.75 * len(shown)), sharex=True)
    for axis, (dissection, panel) in zip(axes[:, 0], shown, strict=True):
        rows = measured.filter((pl.col("dissection") == dissection) & (pl.col("panel") == panel))
        _curves(axis, rows)
        axis.set_title(f"{short(dissection, 20)} ({panel}): {PANELS.get(panel, panel)}, {rows['clips'].max():,} clips")
    axes[-1, 0].set_xlabel("neurons cut, %")
    return figure


def _unmeasured(report: pl.DataFrame) -> str:
    notes = report["note"].drop_nulls().unique().sort().to_list() if report.height else []
    return f"{UNMEASURED}{f': {notes[0]}' if notes else ''}".rstrip(".") + "."


def _points(axis: Any, rows: pl.DataFrame, places: np.ndarray, column: str, color: str, marker: str) -> None:
    is_random = (rows["strategy"] == "random").to_numpy()
    value, reach = numbers(rows[column]), interval(rows, column, f"{column}_low", f"{column}_high")
    for these, face in ((~is_random, color), (is_random, "white")):
        axis.errorbar(
            value[these], places[these], xerr=reach[:, these], fmt=marker, color=color, markerfacecolor=face,
            elinewidth=0.8,
        )  # fmt: skip
    axis.axvline(0, color=QUIET, linewidth=0.6)


def _steps(rows: pl.DataFrame) -> np.ndarray:
    """Room between rows of different sizes: half a row more at each of them than before."""
    group = rows.select(pl.when("is_control").then(pl.lit("control")).otherwise("size_of")).to_series()
    return 0.5 * group.rle_id().to_numpy()


def _name(row: dict[str, Any]) -> str:
    if row["is_control"]:
        return f"{short(row['strategy'])} (control)"
    return f"random as {short(row['size_of'])}" if row["strategy"] == "random" else short(row["strategy"])


def _classes(axis: Any, rows: pl.DataFrame) -> None:
    places = np.arange(rows.height)
    axis.hlines(places, rows["logit_after"], rows["logit_before"], color=QUIET, linewidth=0.8)
    axis.plot(rows["logit_before"], places, "o", color=BLUE, markerfacecolor="white", label="before")
    error = np.nan_to_num(numbers(rows["logit_change_standard_error"]))
    axis.errorbar(rows["logit_after"], places, xerr=error, fmt="s", color=VERMILLION, elinewidth=0.8,
                  label="after, with one standard error")  # fmt: skip
    axis.set_yticks(places, [short(name, 18) for name in rows["class_label"]])
    for text, is_cut in zip(axis.get_yticklabels(), rows["is_of_the_concept"], strict=True):
        text.set_fontweight("bold" if is_cut else "normal")
    axis.set_ylim(rows.height - 0.4, -0.6)


def _curves(axis: Any, rows: pl.DataFrame) -> None:
    features = rows.sort("fraction").partition_by("feature", maintain_order=True)
    for place, curve in enumerate(sorted(features, key=lambda curve: curve["feature"][0])):
        apart = 0.13 * (place - (len(features) - 1) / 2)  # or the intervals would lie on one another
        reach = interval(curve, "accuracy", "accuracy_low", "accuracy_high")
        name = short(str(curve["feature"][0]).removeprefix("adjective: "))
        axis.errorbar(100 * curve["fraction"].to_numpy() + apart, curve["accuracy"], reach, **series(place), label=name,
                      elinewidth=0.5, capsize=0, linewidth=0.9, markersize=3)  # fmt: skip
    axis.axhline(rows["chance_accuracy"][0], color=QUIET, linestyle="dotted", label="chance")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    axis.set(ylabel="accuracy (95 %)", ylim=(0, 1))
