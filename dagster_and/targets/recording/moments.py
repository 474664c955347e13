"""The table ``moments``: when in its top clips each neuron fires, from what was kept of the forward passes."""

from pathlib import Path

import numpy as np
import polars as pl

from dagster_and.dissection import Activations
from dagster_and.engine import HERE, Engine
from dagster_and.lake.tables import MOMENTS
from dagster_and.method.top_clips.moments import moments_in_seconds
from dagster_and.method.top_clips.ranking import DIRECTIONS
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.recording.activations import hear
from dagster_and.targets.recording.marks import has_moments
from dagster_and.targets.target import Target


def moments(
    target: Target, clips: pl.DataFrame, top: pl.DataFrame, features: FeatureCache, settings: Activations, folder: Path,
    identity: str = "", engine: Engine = HERE,
) -> pl.DataFrame:  # fmt: skip
    """The table ``moments``; no rows where none are asked for, or no layer has time.

    Of clips whose moments were not kept when they were heard, or no longer are, those that rank are heard again.

    Args:
        target: the network.
        clips: rows of ``probing_clips``.
        top: rows of ``top_clips``.
        features: as for :func:`dagster_and.targets.recording.activations.record`, and so are the others.
        settings: as there.
        folder: as there.
        identity: as there.
        engine: as there.

    Raises:
        UserError: as there, or a shard is damaged.
    """
    if not settings.moments or not has_moments(target):
        return MOMENTS.frame_schema.to_frame()
    heard = clips.filter(pl.col("clip_id").is_in(top["clip_id"].unique().implode()))
    shards = hear(target, heard, features, settings, folder, identity, engine)
    widths = np.cumsum([layer.width for layer in target.layers])
    pairs = top.join(clips.select("clip_id", "sha256", "duration_s", "window_s"), on="clip_id", maintain_order="left")
    neurons = pairs["neuron_id"].to_numpy()
    layers = np.searchsorted(widths, neurons, side="right")
    ends = (pairs["direction"] == DIRECTIONS[1]).to_numpy().astype(np.intp)
    found = [
        moments_in_seconds(pairs[places], marks.peaks, marks.profile, marks.timing)
        for places, marks in shards.moments(pairs["sha256"].to_list(), neurons, layers, ends)
    ]
    return pl.concat([MOMENTS.frame_schema.to_frame(), *found]).sort(MOMENTS.key)
