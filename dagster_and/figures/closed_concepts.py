"""What the head's neurons are named, and how often that is right."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.figures.canvas import ACCENT, INK, QUIET, blank, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def head_predictions(predictions: pl.DataFrame, neurons: pl.DataFrame, concepts: pl.DataFrame) -> "Figure":
    """How many of the five similarity functions name each concept first, for each neuron of the head."""
    head = neurons.filter(pl.col("sublayer") == "head")
    if head.is_empty():
        return blank("The network has no head: no neuron stands for a class.")
    first = predictions.filter(pl.col("rank") == 1).join(head, on="neuron_id")
    counts = np.zeros((head.height, concepts.height))
    rows = {neuron: row for row, neuron in enumerate(head["neuron_id"])}
    for neuron, concept in first.select("neuron_id", "concept_id").iter_rows():
        counts[rows[neuron], concept] += 1
    figure, axes = canvas(size=(2.5 + 0.4 * concepts.height, 2 + 0.3 * head.height))
    functions = predictions.select("method", "similarity").n_unique()
    image = axes[0, 0].imshow(counts, cmap="Blues", vmin=0, vmax=functions)
    axes[0, 0].set_xticks(range(concepts.height), concepts["concept"], rotation=60, ha="right", fontsize=8)
    axes[0, 0].set_yticks(range(head.height), head["class_label"], fontsize=8)
    axes[0, 0].set(xlabel="concept named first", ylabel="class of the head's neuron")
    figure.colorbar(image, label="similarity functions", shrink=0.7)
    return figure


def last_layer_accuracy(report: pl.DataFrame) -> "Figure":
    """Top-1 and top-5 accuracy, 95 % intervals and chance from ``rpt_last_layer_accuracy``, one panel a dissection."""
    if report.is_empty():
        return blank("No dissected network has a head whose classes could be named.")
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = canvas(len(dissections), 1, (8, 1.2 + 2.6 * len(dissections)))
    for axis, dissection in zip(axes[:, 0], dissections, strict=True):
        rows = report.filter(pl.col("dissection") == dissection).sort("method", "similarity")
        _accuracy_bars(axis, rows)
        axis.set_title(f"{dissection}: {rows['neurons_judged'][0]} neurons of the head", loc="left", fontsize=10)
    return figure


def _accuracy_bars(axis, rows: pl.DataFrame) -> None:
    places = np.arange(rows.height)
    for shift, top, color in ((-0.2, "top1", ACCENT), (0.2, "top5", INK)):
        height = rows[f"{top}_accuracy"].to_numpy()
        low, high = rows[f"{top}_accuracy_low"].to_numpy(), rows[f"{top}_accuracy_high"].to_numpy()
        axis.bar(places + shift, height, 0.36, color=color, label=top.replace("top", "top-"))
        reach = np.maximum(0, [height - low, high - height])  # of none, or of all, an end is missed by a last digit
        axis.errorbar(places + shift, height, reach, fmt="none", ecolor=QUIET, capsize=3)
        axis.hlines(rows[f"{top}_chance"].to_numpy(), places + shift - 0.18, places + shift + 0.18, colors="white")
        axis.hlines(rows[f"{top}_chance"].to_numpy(), places + shift - 0.18, places + shift + 0.18,
                    colors=QUIET, linestyles="dotted", label="chance" if top == "top5" else None)  # fmt: skip
    axis.set_xticks(places, [f"{m} {s}".replace("_", " ") for m, s in rows.select("method", "similarity").iter_rows()])
    axis.set(ylim=(0, 1.05), ylabel="accuracy")
    axis.legend(frameon=False, fontsize=8, loc="lower right", ncols=3)
