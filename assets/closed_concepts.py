"""Room closed_concepts: which concept of the set each neuron follows (AND, module A)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and import figures
from dagster_and.catalogue import GPU, LLM
from dagster_and.describers import Choice, answered
from dagster_and.dissection import Dissection, concept_words
from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import (
    ACTIVATIONS,
    CLIP_CAPTIONS,
    CONCEPT_CHOICES,
    CONCEPT_PREDICTIONS,
    CONCEPT_SIMILARITIES,
    CONCEPTS,
    NEURONS,
    PROBING_CLIPS,
    SUMMARIES,
)
from dagster_and.llm.collecting import spent_frame
from dagster_and.method.closed_concepts.concepts import concept_table
from dagster_and.resources import House, picture

if TYPE_CHECKING:
    from torch import Tensor


@table_asset(CONCEPTS, deps=[PROBING_CLIPS], code_version="2")
def concepts(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """List the concept set and the classes that it names."""
    dissection = house.dissection(context.partition_key)
    labels = house.lake.read(PROBING_CLIPS, dissection.name)["labels"].explode().to_list()
    words = concept_words(dissection, labels)
    return house.materialise(
        context, CONCEPTS, lambda: concept_table(words, labels), words,
        describe=lambda table: {"concepts": ", ".join(table["concept"])},
    )  # fmt: skip


@table_asset(
    CONCEPT_PREDICTIONS, deps=[ACTIVATIONS, NEURONS, PROBING_CLIPS, CLIP_CAPTIONS, CONCEPTS], code_version="2",
    kinds=["torch"], pool=GPU,
    note="DB: softmax over concepts of 100 x cosine between caption and concept; TAB: cosine between sound and "
    "concept. Compared with the activation over all clips (DB: all captioned ones) by five similarity functions.",
)  # fmt: skip
def concept_predictions(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Find the best five concepts of every neuron by every similarity function."""
    dissection = house.dissection(context.partition_key)
    encoder, audio_encoder = dissection.closed_concepts.text_encoder, dissection.closed_concepts.text_audio_encoder
    captions, known, layout = (house.lake.read(t, dissection.name) for t in (CLIP_CAPTIONS, CONCEPTS, NEURONS))
    clips = house.lake.read(PROBING_CLIPS, dissection.name)
    clips = clips.join(captions, on="clip_id", how="left", maintain_order="left")

    def make():
        from dagster_and.encoders.text_audio import open_text_audio_encoder
        from dagster_and.method.closed_concepts.predictions import captioned_match

        encode = house.encoding_by(encoder)
        by_caption = captioned_match(clips["caption"], known["concept"], encode)
        by_sound = open_text_audio_encoder(audio_encoder, encode, house.shared).match(clips, known["concept"].to_list())
        matches = {"DB": by_caption, "TAB": (clips["clip_id"].to_numpy(), by_sound)}
        return predicted(house, dissection, layout, matches)

    return house.materialise(
        context, CONCEPT_PREDICTIONS, make, encoder, audio_encoder,
        describe=lambda table: {"head neurons": picture(figures.head_predictions, table, layout, known)},
    )  # fmt: skip


@table_asset(CONCEPT_SIMILARITIES, deps=[CONCEPTS, NEURONS], code_version="2", kinds=["torch"])
def concept_similarities(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Measure how near each concept lies to each class, for the third figure of the paper's Table 2."""
    known, layout = (house.lake.read(t, context.partition_key) for t in (CONCEPTS, NEURONS))

    def make():
        from dagster_and.method.closed_concepts.choices import class_cosines

        return class_cosines(known, layout["class_label"].drop_nulls().to_list(), house.encoding_by("minilm"))

    return house.materialise(context, CONCEPT_SIMILARITIES, make)


@table_asset(
    CONCEPT_CHOICES, deps=[SUMMARIES, CONCEPTS], code_version="2", pool=LLM,
    note="ICL: the describer is shown the concepts and the summary of the neuron's highest clips; an answer outside "
    "the set snaps to the nearest concept.",
)  # fmt: skip
def concept_choices(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Have the describer choose the five concepts that fit each neuron's summary best."""
    dissection = house.dissection(context.partition_key)
    describer = house.describer(dissection)
    said, words = house.lake.read(SUMMARIES, dissection.name), house.lake.read(CONCEPTS, dissection.name)["concept"]

    def make():
        from dagster_and.method.closed_concepts.choices import KEPT, choose_concepts

        def ask(summaries):
            return answered(describer.choose([Choice(s, tuple(words), min(KEPT, len(words))) for s in summaries]))

        return choose_concepts(said, list(words), ask, house.encoding_by("minilm"), describer.name)

    return house.materialise(
        context, CONCEPT_CHOICES, make, describer.name, describer.fingerprint,
        describe=lambda table: {
            **{"missing": table["concept_id"].null_count(), "snapped": int(table["is_snapped"].sum())},
            "calls to a model": MetadataValue.md(markdown(spent_frame(describer, "choose"))),
        },
    )  # fmt: skip


def predicted(
    house: House, dissection: Dissection, layout: pl.DataFrame, matches: "Mapping[str, tuple[np.ndarray, Tensor]]"
) -> Iterator[pa.RecordBatch]:
    """The table ``concept_predictions``, by the dissection's engine and on its device."""
    from dagster_and.method.closed_concepts.predictions import predict

    device = house.device_of(dissection)
    return predict(house.activations(dissection.name, "closed concepts", device), layout, matches, device)
