"""The table ``clip_acoustics``: every clip heard at 16 kHz and measured."""

from pathlib import Path

import polars as pl

from dagster_and.audio.reading import read_waveform
from dagster_and.foundation.progress import progress
from dagster_and.method.sound.acoustics import measure

SAMPLE_RATE_HZ = 16000


def measure_clips(clips: pl.DataFrame) -> pl.DataFrame:
    """Acoustics of each row of ``probing_clips``, within its window."""
    rows = clips.select("clip_id", "path", "window_s").iter_rows()
    measured = [
        {"clip_id": clip_id, **vars(measure(read_waveform(Path(path), SAMPLE_RATE_HZ, window_s), SAMPLE_RATE_HZ))}
        for clip_id, path, window_s in progress(rows, "measuring acoustics", "clips", clips.height)
    ]
    return pl.DataFrame(measured, schema_overrides={"pitch_hz": pl.Float64})
