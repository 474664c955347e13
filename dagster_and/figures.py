"""Figures, for the UI's metadata and the reports folder. Frames in, matplotlib figures out."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, ACCENT, QUIET = "#22333b", "#c8553d", "#8d99ae"


def _figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (8, 4.5)) -> tuple["Figure", np.ndarray]:
    """A figure without pyplot's global state, and its axes as a 2-d array."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def clip_gallery(clips: pl.DataFrame, classes: int = 12) -> "Figure":
    """Spectrogram of the first clip of each class (the first ``classes`` of them), from ``probing_clips``."""
    from dagster_and.probing.audio import read_waveform

    first = clips.sort("clip_id").unique("label", keep="first").sort("label").head(classes)
    columns = min(5, first.height)
    rows = -(-first.height // columns)
    figure, axes = _figure(rows, columns, (2.4 * columns, 1.9 * rows))
    for axis in axes.flat[first.height :]:
        axis.set_visible(False)
    for axis, clip in zip(axes.flat, first.iter_rows(named=True), strict=False):
        waveform = read_waveform(Path(clip["path"]), 16000, clip["window_s"])
        _spectrogram(axis, waveform)
        axis.set_title(clip["label"].replace("_", " "), fontsize=9)
    figure.supxlabel("seconds", fontsize=8)
    figure.supylabel("kHz", fontsize=8)
    return figure


def _spectrogram(axis, waveform: np.ndarray) -> None:
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(waveform, (0, 512)), 512)[::128] * np.hanning(512)
    power = 20 * np.log10(np.abs(np.fft.rfft(frames)) + 1e-5)
    extent = (0.0, len(waveform) / 16000, 0.0, 8.0)
    axis.imshow(power.T, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=power.max() - 80)
    axis.tick_params(labelsize=7)


def acoustics_by_class(clips: pl.DataFrame, acoustics: pl.DataFrame) -> "Figure":
    """One panel per measured quality, one row of dots per class."""
    joined = acoustics.join(clips.select("clip_id", "label"), on="clip_id").sort("label")
    labels = joined["label"].unique(maintain_order=True).to_list()
    qualities = [name for name in acoustics.columns if name != "clip_id"]
    figure, axes = _figure(2, -(-len(qualities) // 2), (13, 2 + 0.36 * len(labels)))
    for axis in axes.flat[len(qualities) :]:
        axis.set_visible(False)
    for axis, quality in zip(axes.flat, qualities, strict=False):
        for row, label in enumerate(labels):
            values = joined.filter(pl.col("label") == label)[quality].drop_nulls().to_numpy()
            axis.plot(values, np.full(len(values), row), "o", color=ACCENT, alpha=0.35, markersize=3)
        axis.set_title(quality, fontsize=9)
        axis.set_yticks(range(len(labels)), [name.replace("_", " ") for name in labels], fontsize=7)
        axis.tick_params(axis="x", labelsize=7)
        if quality.endswith("_hz"):
            axis.set_xscale("log")
    return figure


def activations_by_layer(neurons: pl.DataFrame, activations: pl.DataFrame) -> "Figure":
    """Spread of the neurons' standard deviations, one box per layer in layer order."""
    joined = neurons.join(activations, on="neuron_id").sort("neuron_id")
    layers = joined.select("block_index", "sublayer").unique(maintain_order=True).rows()
    figure, axes = _figure(size=(9, 1.2 + 0.28 * len(layers)))
    boxes = [
        joined.filter((pl.col("block_index") == block) & (pl.col("sublayer") == sublayer))[
            "standard_deviation"
        ].to_numpy()
        for block, sublayer in layers
    ]
    names = [sublayer if sublayer == "head" else f"block {block} {sublayer}" for block, sublayer in layers]
    axes[0, 0].boxplot(boxes, orientation="horizontal", tick_labels=names, flierprops={"markersize": 2})
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_xlabel("standard deviation of a neuron's activation over clips")
    return figure


def head_predictions(predictions: pl.DataFrame, neurons: pl.DataFrame, concepts: pl.DataFrame) -> "Figure":
    """How many of the five similarity functions name each concept first, for each neuron of the head."""
    head = neurons.filter(pl.col("sublayer") == "head")
    first = predictions.filter(pl.col("rank") == 1).join(head, on="neuron_id")
    counts = np.zeros((head.height, concepts.height))
    rows = {neuron: row for row, neuron in enumerate(head["neuron_id"])}
    for neuron, concept in first.select("neuron_id", "concept_id").iter_rows():
        counts[rows[neuron], concept] += 1
    figure, axes = _figure(size=(2.5 + 0.4 * concepts.height, 2 + 0.3 * head.height))
    functions = predictions.select("method", "similarity").n_unique()
    image = axes[0, 0].imshow(counts, cmap="Blues", vmin=0, vmax=functions)
    axes[0, 0].set_xticks(range(concepts.height), concepts["concept"], rotation=60, ha="right", fontsize=8)
    axes[0, 0].set_yticks(range(head.height), head["class_label"], fontsize=8)
    axes[0, 0].set(xlabel="concept named first", ylabel="class of the head's neuron")
    figure.colorbar(image, label="similarity functions", shrink=0.7)
    return figure


def last_layer_accuracy(report: pl.DataFrame) -> "Figure":
    """Top-1 and top-5 accuracy, 95 % intervals and chance from ``rpt_last_layer_accuracy``, one panel a dissection."""
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = _figure(len(dissections), 1, (8, 1.2 + 2.6 * len(dissections)))
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
        axis.errorbar(places + shift, height, [height - low, high - height], fmt="none", ecolor=QUIET, capsize=3)
        axis.hlines(rows[f"{top}_chance"].to_numpy(), places + shift - 0.18, places + shift + 0.18, colors="white")
        axis.hlines(rows[f"{top}_chance"].to_numpy(), places + shift - 0.18, places + shift + 0.18,
                    colors=QUIET, linestyles="dotted", label="chance" if top == "top5" else None)  # fmt: skip
    axis.set_xticks(places, [f"{m} {s}".replace("_", " ") for m, s in rows.select("method", "similarity").iter_rows()])
    axis.set(ylim=(0, 1.05), ylabel="accuracy")
    axis.legend(frameon=False, fontsize=8, loc="lower right", ncols=3)
