"""Moments that an audio LLM is going to be asked about, as far as they can be told before any work."""

import polars as pl

from dagster_and.dissection import Dissection
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import MOMENT_CAPTIONS, MOMENTS, NEURONS, PROBING_CLIPS, TOP_CLIPS
from dagster_and.method.summaries.caption_sets import neurons_to_describe
from dagster_and.method.summaries.stretches import HEARD, KEY, most_stretches, stretches, with_sounds


def heard_about_moments(dissection: Dissection, lake: Lake) -> pl.DataFrame | None:
    """The stretches that the room will have captioned, with columns of ``probing_clips`` beside them; None where a
    table is not there yet, or none of it is about moments.
    """
    tables, moment_s = (MOMENTS, TOP_CLIPS, PROBING_CLIPS, NEURONS), dissection.captions.moment_s
    if moment_s is None or not all(lake.stamp(table, dissection.name) for table in tables):
        return None
    moments, tops, clips, layout = (lake.read(table, dissection.name) for table in tables)
    if moments.is_empty():  # it may be from before they were kept
        return None
    section = dissection.summaries
    chosen = neurons_to_describe(layout, section.neurons_per_layer, section.choice, section.seed)
    return with_sounds(stretches(moments, tops, clips, chosen, moment_s), clips)


def moments_at_most(dissection: Dissection, layout: pl.DataFrame, clips: int) -> int:
    """Distinct stretches of so many clips: no more than top clips of neurons that may have time, nor than fit in.

    Args:
        dissection: with ``captions.moment_s``.
        layout: the table ``neurons``, as it will be.
        clips: of the probing set.
    """
    section = dissection.summaries
    may_have_time = layout.filter(pl.col("class_label").is_null())["neuron_id"]
    chosen = neurons_to_describe(layout, section.neurons_per_layer, section.choice, section.seed)
    pairs = 2 * dissection.top_clips.k * len(chosen.intersection(may_have_time))
    return min(pairs, clips * most_stretches(dissection.window_s, dissection.captions.moment_s or 0))


def captioned_moments(dissection: Dissection, lake: Lake) -> pl.DataFrame | None:
    """The table ``moment_captions``, if it is of the moments that are asked about now, by the model that is named."""
    heard, section = heard_about_moments(dissection, lake), dissection.captions.llm
    made = lake.read_if_made(MOMENT_CAPTIONS, dissection.name)
    if heard is None or made is None or section is None:
        return None
    is_of_them = made.select(*KEY, *HEARD).sort(KEY).equals(heard.select(*KEY, *HEARD))
    return made if is_of_them and set(made["captioner"]) <= {f"audio_llm:{section.resolved_model()}"} else None
