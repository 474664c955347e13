"""What was measured of the clips."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.figures.canvas import ACCENT, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def acoustics_by_class(clips: pl.DataFrame, acoustics: pl.DataFrame) -> "Figure":
    """One panel per measured quality, one row of dots per class."""
    joined = acoustics.join(clips.select("clip_id", "label"), on="clip_id").sort("label")
    labels = joined["label"].unique(maintain_order=True).to_list()
    qualities = [name for name in acoustics.columns if name != "clip_id"]
    figure, axes = canvas(2, -(-len(qualities) // 2), (13, 2 + 0.36 * len(labels)))
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
