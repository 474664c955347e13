"""The table ``moments``: when in its top clips a neuron fires, in seconds of the clip."""

import numpy as np
import polars as pl

from dagster_and.method.activations.moments import BINS, TOP
from dagster_and.method.top_clips.ranking import DIRECTIONS
from dagster_and.method.top_clips.tables import MOMENTS


def moments_in_seconds(pairs: pl.DataFrame, peaks: np.ndarray, profile: np.ndarray, timing: np.ndarray) -> pl.DataFrame:
    """The table ``moments``; a pair whose layer has no time is left out.

    What a step hears may reach beyond the sound, of which only what there is counts.

    Args:
        pairs: rows of ``top_clips``, with ``duration_s`` and ``window_s`` of their clips.
        peaks: the step of each pair's peak, "pair"; not looked at where a profile has a bin for each step.
        profile: uint8 "pair bin".
        timing: "pair fact": start, step and span of the layer's steps in seconds, and how many of them hear sound.
    """
    heard_s = pairs.select(pl.min_horizontal("duration_s", "window_s")).to_series().to_numpy()
    start_s, step_s, span_s, steps = timing.T
    steps = steps.astype(np.int64)
    is_timed = steps > 0
    first = start_s + np.where(steps <= BINS, _peaks(pairs, profile, steps), peaks) * step_s
    begins, ends = np.maximum(first, 0), np.minimum(first + span_s, heard_s)
    # a step that begins where the sound ends, by rounding of rates
    begins = np.where(begins < ends, begins, np.maximum(ends - span_s, 0))
    last = start_s + (steps - 1) * step_s + span_s
    bins = np.minimum(steps, min(BINS, profile.shape[1]))[is_timed]
    shown = profile[is_timed][np.arange(profile.shape[1]) < bins[:, None]]
    profiles = pl.Series(shown / np.float32(TOP), dtype=pl.Float32)
    listed = pl.DataFrame({"profile": profiles, "row": np.repeat(np.arange(len(bins)), bins)})
    frame = pairs.select("neuron_id", "direction", "rank").with_columns(
        moment_start_s=begins, moment_end_s=ends, profile_start_s=np.maximum(start_s, 0),
        profile_end_s=np.minimum(last, heard_s),
    )  # fmt: skip
    kept = frame.filter(pl.Series(is_timed, dtype=pl.Boolean)).with_columns(
        listed.group_by("row", maintain_order=True).agg("profile")["profile"]
    )
    return kept.select(MOMENTS.frame_schema.names()).cast(MOMENTS.frame_schema)


def _peaks(pairs: pl.DataFrame, profile: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The first bin of each pair that is its largest, of the lowest clips its smallest, "pair"."""
    is_heard = np.arange(profile.shape[1]) < steps[:, None]
    is_lowest = (pairs["direction"] == DIRECTIONS[1]).to_numpy()
    level = np.where(is_lowest[:, None], TOP - profile.astype(np.int16), profile)
    return np.where(is_heard, level, -1).argmax(axis=1)
