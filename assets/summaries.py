"""Room summaries: what a describer says that a neuron's clips have in common."""

import polars as pl
from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and.captioners import open_listener
from dagster_and.catalogue import LLM
from dagster_and.describers import answered
from dagster_and.dissection import Dissection
from dagster_and.exports.markdown import markdown
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    CLIP_CAPTIONS,
    MOMENT_CAPTIONS,
    MOMENTS,
    NEURONS,
    PROBING_CLIPS,
    SUMMARIES,
    TOP_CLIPS,
)
from dagster_and.llm.collecting import spent_frame
from dagster_and.resources import House


@table_asset(
    MOMENT_CAPTIONS, deps=[MOMENTS, TOP_CLIPS, PROBING_CLIPS, NEURONS], code_version="1", pool=LLM,
    note="Empty unless captions.moment_s is set. Neurons that fire at the same place of a clip share one request. A "
    "missing caption is a row with a reason.",
)  # fmt: skip
def moment_captions(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Have an audio LLM caption the moments of the neurons that are described."""
    dissection = house.dissection(context.partition_key)
    listener = open_listener(dissection, house.home)
    if listener is None:
        return house.materialise(context, MOMENT_CAPTIONS, lambda: pl.DataFrame(schema=MOMENT_CAPTIONS.frame_schema))
    return house.materialise(
        context, MOMENT_CAPTIONS, lambda: listener.moment_captions(_heard(house, dissection)),
        dissection.captions.moment_s, dissection.summaries, listener.name, listener.fingerprint,
        describe=lambda table: {
            "captioner": listener.name,
            "missing": int(table["caption"].null_count()),
            "distinct": table["answer_id"].n_unique(),
            "calls to a model": MetadataValue.md(markdown(spent_frame(listener, "canary", "caption"))),
            "examples": MetadataValue.md(markdown(table.drop("captioner", "answer_id").head(10))),
        },
    )  # fmt: skip


@table_asset(
    SUMMARIES, deps=[TOP_CLIPS, CLIP_CAPTIONS, MOMENT_CAPTIONS, NEURONS], code_version="1", pool=LLM,
    note="Neurons whose clips have the same captions share one request. A missing summary is a row with a reason.",
)  # fmt: skip
def summaries(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Have the describer say what the highest and the lowest clips of every neuron share."""
    dissection = house.dissection(context.partition_key)
    describer, listens = house.describer(dissection), dissection.captions.moment_s is not None

    def make():
        from dagster_and.method.summaries.caption_sets import summarise

        asked, chosen = _caption_sets(house.lake, dissection.name, listens), _chosen(house, dissection)
        return summarise(asked, chosen, lambda sets: answered(describer.summarise(sets)), describer.name)

    return house.materialise(
        context, SUMMARIES, make, dissection.summaries, describer.name, describer.fingerprint,
        describe=lambda table: {
            "describer": describer.name,
            **{"missing": table["summary"].null_count(), "distinct": table["summary"].n_unique()},
            "calls to a model": MetadataValue.md(markdown(spent_frame(describer, "summarise"))),
            "examples": MetadataValue.md(markdown(table.select("neuron_id", "direction", "summary").head(10))),
        },
        unread=() if listens else [MOMENT_CAPTIONS],
    )  # fmt: skip


def _caption_sets(lake: Lake, name: str, listens: bool) -> pl.DataFrame:
    """What is summarised: captions of moments where these are listened to, else of whole clips."""
    from dagster_and.method.summaries.caption_sets import caption_sets

    of_moments = lake.read(MOMENT_CAPTIONS, name) if listens else None
    return caption_sets(lake.read(TOP_CLIPS, name), lake.read(CLIP_CAPTIONS, name), of_moments)


def _chosen(house: House, dissection: Dissection) -> set[int]:
    """neuron_ids of those that are described."""
    from dagster_and.method.summaries.caption_sets import neurons_to_describe

    section = dissection.summaries
    layout = house.lake.read(NEURONS, dissection.name)
    return neurons_to_describe(layout, section.neurons_per_layer, section.choice, section.seed)


def _heard(house: House, dissection: Dissection) -> pl.DataFrame:
    """The stretches about the moments of those neurons, with where the sounds of their clips lie on this machine."""
    from dagster_and.method.summaries.stretches import stretches, with_sounds

    moments, tops, clips = (house.lake.read(t, dissection.name) for t in (MOMENTS, TOP_CLIPS, PROBING_CLIPS))
    heard = stretches(moments, tops, clips, _chosen(house, dissection), dissection.captions.moment_s or 0)
    return with_sounds(heard, house.shared.heard_here(clips.join(heard, on="clip_id", how="semi")))
