"""Which stretch of a top clip is heard about the moment at which a neuron fires.

A step may hear a tenth of a second, of which no listener can say much; so the stretch is as long as the dissection
file says, about the step's middle. Stretches begin on a grid, so that neurons which fire at the same place of a clip
share one; the last one ends with the sound.
"""

import polars as pl

from dagster_and.method.summaries.tables import MOMENT_CAPTIONS

STEPS = 4
"""Steps of the grid in the length of a stretch: a moment's middle lies within an eighth of it from the stretch's."""
KEY = MOMENT_CAPTIONS.key
HEARD = ("heard_start_s", "heard_end_s")


def stretches(
    moments: pl.DataFrame, top_clips: pl.DataFrame, clips: pl.DataFrame, chosen: set[int], moment_s: float
) -> pl.DataFrame:
    """One row per moment of a chosen neuron: its key, the clip's ``clip_id``, ``heard_start_s`` and ``heard_end_s``.

    Within the sound that the target hears, in whole milliseconds but for where the sound ends. A sound no longer than
    ``moment_s`` is heard whole.

    Args:
        moments: the table ``moments``.
        top_clips: the table ``top_clips``.
        clips: the table ``probing_clips``.
        chosen: neuron_ids.
        moment_s: how long a stretch is, in seconds.
    """
    long_ms, step_ms = round(moment_s * 1000), round(moment_s * 1000 / STEPS)
    middle_ms = (pl.col("moment_start_s") + pl.col("moment_end_s")) * 500
    on_grid_ms = ((middle_ms - long_ms / 2) / step_ms).round().clip(lower_bound=0) * step_ms
    start_ms, last_ms = pl.min_horizontal(on_grid_ms, "last_ms"), pl.col("last_ms")
    sounds = clips.select("clip_id", heard_s=pl.min_horizontal("duration_s", "window_s")).with_columns(
        last_ms=((pl.col("heard_s") * 1000).floor() - long_ms).clip(lower_bound=0)
    )
    return (
        moments.filter(pl.col("neuron_id").is_in(sorted(chosen)))
        .join(top_clips.select(*KEY, "clip_id"), on=KEY)
        .join(sounds, on="clip_id")
        .select(
            *KEY, "clip_id", heard_start_s=start_ms / 1000,
            heard_end_s=pl.when(start_ms == last_ms).then("heard_s").otherwise((start_ms + long_ms) / 1000),
        )
        .sort(KEY)
    )  # fmt: skip


def with_sounds(heard: pl.DataFrame, clips: pl.DataFrame) -> pl.DataFrame:
    """Stretches with where the sounds of their clips lie, and what a target hears of these."""
    beside = clips.select("clip_id", "path", "sha256", "window_s", "duration_s")
    return heard.join(beside, on="clip_id", maintain_order="left")


def most_stretches(window_s: float, moment_s: float) -> int:
    """How many stretches a clip of the whole window can have: those that begin on the grid, and the last."""
    last_ms, step_ms = round(window_s * 1000) - round(moment_s * 1000), round(moment_s * 1000 / STEPS)
    return -(-last_ms // step_ms) + 1
