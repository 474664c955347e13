"""What the head's neurons are named, and how often that is right."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dagster_and.figures.canvas import (
    BLUE,
    VERMILLION,
    WIDTH,
    NothingToDrawError,
    canvas,
    interval,
    legend_below,
    numbers,
    short,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOPS = {"top1": ("first guess", VERMILLION, "o", "dotted", -0.17), "top5": ("first five", BLUE, "s", "dashed", 0.17)}
"""By measure: words, color, marker, the line of its chance, its place within the row."""


def head_predictions(predictions: pl.DataFrame, neurons: pl.DataFrame, concepts: pl.DataFrame) -> "Figure":
    """How many of the similarity functions name each concept first, for each neuron of the head.

    Raises:
        NothingToDrawError: there is no head.
    """
    from matplotlib.ticker import MaxNLocator

    head = neurons.filter(pl.col("sublayer") == "head")
    if head.is_empty():
        raise NothingToDrawError("The network has no head: no neuron stands for a class.")
    first = predictions.filter(pl.col("rank") == 1).join(head, on="neuron_id")
    counts = np.zeros((head.height, concepts.height))
    rows = {neuron: row for row, neuron in enumerate(head["neuron_id"])}
    for neuron, concept in first.select("neuron_id", "concept_id").iter_rows():
        counts[rows[neuron], concept] += 1
    figure, axes = canvas(size=(2.2 + 0.2 * concepts.height, 1.4 + 0.18 * head.height))
    functions = predictions.select("method", "similarity").n_unique()
    image = axes[0, 0].imshow(counts, cmap="Blues", vmin=0, vmax=functions)
    names = [short(name, 20) for name in concepts["concept"]]
    axes[0, 0].set_xticks(range(concepts.height), names, rotation=60, ha="right", rotation_mode="anchor")
    axes[0, 0].set_yticks(range(head.height), [short(name, 20) for name in head["class_label"]])
    axes[0, 0].set(xlabel="concept named first", ylabel="class of the head's neuron")
    whole = MaxNLocator(integer=True)
    figure.colorbar(image, label=f"of {functions} ways to compare", shrink=0.7, ticks=whole)
    return figure


def last_layer_accuracy(report: pl.DataFrame) -> "Figure":
    """Top-1 and top-5 accuracy, 95 % intervals and chance from ``rpt_last_layer_accuracy``, one panel a dissection.

    Raises:
        NothingToDrawError: no neuron could be judged.
    """
    judged = report.filter(pl.col("top1_accuracy").is_not_null()) if report.height else report
    if judged.is_empty():
        raise NothingToDrawError("No network here has a head whose classes the concept set names.")
    parts = judged.sort("dissection", maintain_order=True).partition_by("dissection", maintain_order=True)
    lines = [0.65 + 0.2 * rows.height for rows in parts]
    figure, axes = canvas(len(parts), 1, (WIDTH, 0.4 + sum(lines)), sharex=True, height_ratios=lines)
    for axis, rows in zip(axes[:, 0], parts, strict=True):
        _accuracies(axis, rows.sort("method", "similarity"))
        neurons, concepts = rows.select("neurons_judged", "concepts").row(0)
        axis.set_title(f"{short(rows['dissection'][0], 40)}: {neurons} of the head's neurons, {concepts} concepts")
    axes[-1, 0].set_xlabel("share named right, with its 95 % interval")
    points, chances = axes[0, 0].get_legend_handles_labels()[0][2:], axes[0, 0].get_legend_handles_labels()[0][:2]
    legend_below(figure, [*points, *chances], columns=4)
    return figure


def _accuracies(axis: Any, rows: pl.DataFrame) -> None:
    places = np.arange(rows.height)
    for top, (said, color, _, dashes, _) in TOPS.items():
        axis.axvline(rows[f"{top}_chance"][0], color=color, linestyle=dashes, linewidth=0.9, label=f"chance, {said}")
    for top, (said, color, marker, _, shift) in TOPS.items():
        share = f"{top}_accuracy"
        reach = interval(rows, share, f"{share}_low", f"{share}_high")
        axis.errorbar(
            numbers(rows[share]), places + shift, xerr=reach, fmt=marker, color=color, label=said, clip_on=False
        )
    names = [m if s == "none" else f"{m} {short(s)}" for m, s in rows.select("method", "similarity").iter_rows()]
    axis.set_yticks(places, names)
    axis.set(xlim=(0, 1.02), ylim=(rows.height - 0.4, -0.6))
