"""What the evidence room reads: answers and descriptions from the lake, and how texts are compared with captions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from dagster_and.lake.store import Lake
from dagster_and.method.activations.tables import ACTIVATIONS, NEURONS
from dagster_and.method.calibration.tables import SUMMARY_SENTENCES
from dagster_and.method.captions.tables import CLIP_CAPTIONS
from dagster_and.method.closed_concepts.tables import CONCEPT_CHOICES, CONCEPT_PREDICTIONS
from dagster_and.method.evidence.tables import DESCRIPTION_SCORES

if TYPE_CHECKING:
    import numpy as np

    from dagster_and.describers.describer import Describer, Detector
    from dagster_and.dissection import Dissection
    from dagster_and.foundation.home import Home
    from dagster_and.method.evidence.description_scores import Nearness
    from dagster_and.method.evidence.detection import Question


STABILITY_OFF = "evidence.stability is off"
STABILITY_SPARED = "evidence.stability is auto, and an LLM describes: it would be called three times as often"


def closed_answers(lake: Lake, dissection: str) -> pl.DataFrame:
    """Answers of DB, TAB and ICL: neuron_id, method, similarity, rank, concept_id."""
    columns = ["neuron_id", "method", "similarity", "rank", "concept_id"]
    predicted = lake.read(CONCEPT_PREDICTIONS, dissection, columns)
    chosen = lake.read(CONCEPT_CHOICES, dissection, ["neuron_id", "rank", "concept_id"])
    chosen = chosen.with_columns(method=pl.lit("ICL"), similarity=pl.lit("none"))
    return pl.concat([predicted, chosen.select(columns)])


def descriptions(lake: Lake, dissection: str) -> list[str | None]:
    """The calibrated description of every neuron, in the order of neuron_id: its kept sentences, joined by blanks."""
    sentences = lake.read(
        SUMMARY_SENTENCES, dissection, ["neuron_id", "direction", "sentence_index", "sentence", "is_kept"]
    )
    kept = (
        sentences.filter((pl.col("direction") == "highest") & pl.col("is_kept"))
        .sort("neuron_id", "sentence_index")
        .group_by("neuron_id", maintain_order=True)
        .agg(pl.col("sentence").str.join(" "))
    )
    neurons = lake.read(NEURONS, dissection, ["neuron_id"]).sort("neuron_id")
    return neurons.join(kept, on="neuron_id", how="left", maintain_order="left")["sentence"].to_list()


def spread(lake: Lake, dissection: str) -> pl.DataFrame:
    """Smallest and largest activation of every neuron, without the activations themselves."""
    return lake.read(ACTIVATIONS, dissection, ["neuron_id", "minimum", "maximum"])


def scorers(captions: Sequence[str], descriptions: Sequence[str | None], encoder: str) -> "Mapping[str, Nearness]":
    """How near descriptions are to captions, by shared words and by sentence embedding.

    Args:
        captions: of the captioned clips.
        descriptions: that will be asked about, so that each distinct one is encoded once.
        encoder: name of the text encoder.
    """
    from dagster_and.encoders import open_text_encoder
    from dagster_and.method.text.caption_words import WordNearness

    distinct = sorted({text for text in descriptions if text} | {""})
    encode = open_text_encoder(encoder).encode
    places = {text: place for place, text in enumerate(distinct)}
    embedded, heard = encode(distinct).numpy(), encode(captions).numpy()

    def by_embedding(texts: Sequence[str]) -> "np.ndarray":
        return embedded[[places[text] for text in texts]] @ heard.T

    return {"words": WordNearness(captions), "embedding": by_embedding}


def scored(dissection: "Dissection", lake: Lake, llm: "Detector | None") -> pl.DataFrame:
    """The table ``description_scores``: by the embedded scorers, and by the LLM where there is one."""
    from dagster_and.method.evidence.description_scores import description_scores

    name, k = dissection.name, dissection.top_clips.k
    captions, texts = lake.read(CLIP_CAPTIONS, name).drop_nulls("caption"), descriptions(lake, name)
    near = scorers(captions["caption"].to_list(), texts, dissection.closed_concepts.text_encoder)
    rows = lake.batches(ACTIVATIONS, name)
    scores = [description_scores(rows, texts, captions["clip_id"].to_numpy(), near, k)]
    if llm:
        scores.append(detected(llm, detection_questions(dissection, lake)))
    return pl.concat(scores).sort(DESCRIPTION_SCORES.key)


def detector(dissection: "Dissection", home: "Home") -> "Detector | None":
    """The LLM that detects by descriptions; None where that is off."""
    section = dissection.describer
    if dissection.evidence.detection == "off" or section.kind != "llm":
        return None
    from dagster_and.describers.llm import open_llm_describer

    return open_llm_describer(section, home, dissection.name)


def detection_questions(dissection: "Dissection", lake: Lake) -> "list[Question]":
    """What a detector is asked about every neuron."""
    from dagster_and.method.evidence.detection import questions

    name, clips = dissection.name, dissection.evidence.detection_clips
    captions = lake.read(CLIP_CAPTIONS, name)["caption"].to_list()
    return questions(lake.batches(ACTIVATIONS, name), descriptions(lake, name), captions, dissection.top_clips.k, clips)


def detected(llm: "Detector", asked: "Sequence[Question]") -> pl.DataFrame:
    """The rows of ``description_scores`` whose scorer is detection."""
    from dagster_and.describers import Detection, told
    from dagster_and.method.evidence.detection import detection_scores

    return detection_scores(asked, lambda pairs: told(llm.detect([Detection(*pair) for pair in pairs])))


def ask_again(dissection: "Dissection", home: "Home") -> "Describer":
    """The dissection's describer, to describe the halves by."""
    from dagster_and.describers import open_describer

    return open_describer(dissection, home)


def described_again(dissection: "Dissection", neurons: pl.DataFrame) -> tuple[set[int], str]:
    """neuron_ids that are described from both halves, and why the others are not.

    Args:
        dissection: its sections ``evidence``, ``summaries`` and ``describer`` decide.
        neurons: the table ``neurons``.
    """
    from dagster_and.method.summaries.caption_sets import CAPPED, neurons_to_describe

    setting, section = dissection.evidence.stability, dissection.summaries
    if setting == "off":
        return set(), STABILITY_OFF
    if setting == "auto" and dissection.describer.kind == "llm":
        return set(), STABILITY_SPARED
    return neurons_to_describe(neurons, section.neurons_per_layer, section.choice, section.seed), CAPPED
