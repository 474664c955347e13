"""What was measured of the clips."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dagster_and.figures.canvas import BLUE, WIDTH, canvas, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3
UNITS = {"dbfs": "dBFS", "hz": "Hz", "ms": "ms", "per_s": "a second"}


def acoustics_by_class(clips: pl.DataFrame, acoustics: pl.DataFrame) -> "Figure":
    """One panel per measured quality, one row of dots per class."""
    joined = acoustics.join(clips.select("clip_id", "label"), on="clip_id").sort("label")
    labels = joined["label"].unique(maintain_order=True).to_list()
    qualities = [name for name in acoustics.columns if name != "clip_id"]
    rows = -(-len(qualities) // COLUMNS)
    height = rows * (0.6 + 0.13 * len(labels))
    figure, axes = canvas(rows, COLUMNS, (WIDTH + 1.5, height), sharey=True)
    for axis in axes.flat[len(qualities) :]:
        axis.set_visible(False)
    for axis, quality in zip(axes.flat, qualities, strict=False):
        for row, label in enumerate(labels):
            values = joined.filter(pl.col("label") == label)[quality].drop_nulls().to_numpy()
            axis.plot(values, np.full(len(values), row), "o", color=BLUE, alpha=0.35, markersize=2.5, markeredgewidth=0)
        axis.set_title(quantity(quality))
        axis.set_yticks(range(len(labels)), [short(name, 20) for name in labels])
        if joined[quality].is_null().all():
            axis.text(0.5, 0.5, "of no clip", transform=axis.transAxes, ha="center", va="center")
            axis.set_xticks([])
        elif quality.endswith("_hz") and (joined[quality] > 0).any():
            _logarithmic(axis)
    if labels:
        axes[0, 0].invert_yaxis()
    return figure


def _logarithmic(axis: Any) -> None:
    """Its numbers in full: powers of ten would be formulas, and none are read."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 3), numticks=5))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())


def quantity(name: str) -> str:
    """A column's name as people read it: ``pitch_hz`` is "pitch, Hz"."""
    for ending, unit in UNITS.items():
        if name.endswith(f"_{ending}"):
            return f"{short(name.removesuffix(f'_{ending}'))}, {unit}"
    return short(name)
