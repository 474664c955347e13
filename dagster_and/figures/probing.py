"""What the probing set looks like."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.figures.canvas import WIDTH, canvas, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def clip_gallery(clips: pl.DataFrame, classes: int = 12) -> "Figure":
    """Spectrogram of the first clip of each class (the first ``classes`` of them), from ``probing_clips``."""
    from dagster_and.audio.reading import read_waveform

    first = clips.sort("clip_id").unique("label", keep="first").sort("label").head(classes)
    columns = min(5, first.height)
    rows = -(-first.height // columns)
    figure, axes = canvas(rows, columns, (WIDTH * max(columns, 3) / 4, 0.3 + 1.15 * rows), sharex=True, sharey=True)
    for axis in axes.flat[first.height :]:
        axis.set_visible(False)
    for axis, clip in zip(axes.flat, first.iter_rows(named=True), strict=False):
        waveform = read_waveform(Path(clip["path"]), 16000, clip["window_s"])
        _spectrogram(axis, waveform)
        axis.set_title(short(clip["label"], 16))
    figure.supxlabel("seconds", fontsize=8)
    figure.supylabel("kHz", fontsize=8)
    return figure


def _spectrogram(axis, waveform: np.ndarray) -> None:
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(waveform, (0, 512)), 512)[::128] * np.hanning(512)
    power = 20 * np.log10(np.abs(np.fft.rfft(frames)) + 1e-5)
    extent = (0.0, len(waveform) / 16000, 0.0, 8.0)
    axis.imshow(power.T, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=power.max() - 80)
