"""Module A by ICL (in-context learning): a describer names the concepts that fit a neuron's summary (AND, section 3.1).

The best concept is the first of the best five, so top-5 accuracy can't be below top-1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_and.method.text.names import audio_about, name_in_words, name_key
from dagster_and.method.text.paragraphs import Encode

KEPT = 5


@dataclass(frozen=True)
class Chosen:
    """A concept by its position in the set, what was answered, and whether the nearest one was taken for it."""

    concept_id: int
    answered: str
    is_snapped: bool


def snap(
    answers: Sequence[tuple[str, ...] | None],
    concepts: Sequence[str],
    encode: Encode,
    k: int = KEPT,
) -> list[list[Chosen]]:
    """Each answer's concepts in their order, at most k, no concept twice; nothing where there is no answer.

    An answer that names no concept (case, hyphens and underscores aside) snaps to the nearest one by the cosine of
    their embeddings in the template; a tie goes to the earlier concept. Distinct strangers are embedded once.

    Args:
        answers: what the describer said, best first; blank parts are passed over.
        concepts: in words, in the order of concept_id.
        encode: texts to unit embeddings, "text dim".
    """
    known = {}
    for i, concept in enumerate(concepts):
        known.setdefault(_plain(concept), i)
    said = {part for answer in answers for part in answer or () if part.strip()}
    nearest = _nearest(sorted(part for part in said if _plain(part) not in known), concepts, encode)
    return [_chosen(answer or (), known, nearest, k) for answer in answers]


def _chosen(answer: Sequence[str], known: dict[str, int], nearest: dict[str, int], k: int) -> list[Chosen]:
    chosen: dict[int, Chosen] = {}
    for part in answer:
        if not part.strip():
            continue
        is_known = _plain(part) in known
        place = known[_plain(part)] if is_known else nearest[part]
        chosen.setdefault(place, Chosen(place, part, not is_known))
    return list(chosen.values())[:k]


def _nearest(strangers: Sequence[str], concepts: Sequence[str], encode: Encode) -> dict[str, int]:
    if not strangers:
        return {}
    cosine = encode([audio_about(s) for s in strangers]) @ encode([audio_about(c) for c in concepts]).T
    return dict(zip(strangers, cosine.argmax(axis=1).tolist(), strict=True))


def _plain(name: str) -> str:
    return name_key(name.strip(" .\"'"))


def class_cosines(concepts: pl.DataFrame, classes: Sequence[str], encode: Encode) -> pl.DataFrame:
    """The table ``concept_similarities``: how near each concept lies to each class of the head, both in words.

    Args:
        concepts: the table ``concepts``.
        classes: as the head names them.
        encode: texts to unit embeddings, "text dim".
    """
    distinct = list(dict.fromkeys(classes))
    if not distinct or concepts.is_empty():
        return pl.DataFrame(schema={"concept_id": pl.Int32, "class_label": pl.String, "cosine": pl.Float64})
    words = [name_in_words(name) for name in (*concepts["concept"], *distinct)]
    vectors = encode(words).astype(np.float64)
    cosine = np.clip(vectors[: concepts.height] @ vectors[concepts.height :].T, -1, 1)
    frame = pl.DataFrame(cosine, schema=distinct).with_columns(concepts["concept_id"])
    return frame.unpivot(index="concept_id", variable_name="class_label", value_name="cosine").sort(
        "concept_id", "class_label"
    )


Answered = tuple[tuple[str, ...] | None, str | None, str | None]
"""Concepts in the describer's own words, answer_id, missing_reason."""

NO_SUMMARY = "no summary to choose by"
NO_CONCEPT = "the answer names nothing"


def choose_concepts(
    summaries: pl.DataFrame,
    concepts: Sequence[str],
    ask: Callable[[Sequence[str]], Sequence[Answered]],
    encode: Encode,
    describer: str,
) -> pl.DataFrame:
    """The table ``concept_choices`` from the summaries of the highest clips; each distinct one is asked about once.

    Args:
        summaries: the table ``summaries``.
        concepts: in words, in the order of concept_id.
        ask: the best :data:`KEPT` concepts for each summary.
        encode: texts to unit embeddings, "text dim".
        describer: who is asked.
    """
    highest = summaries.filter(pl.col("direction") == "highest").sort("neuron_id")
    wanted = highest["summary"].drop_nulls().unique().sort().to_list()
    answers = list(ask(wanted))
    snapped = snap([answer[0] for answer in answers], concepts, encode)
    known = dict(zip(wanted, zip(answers, snapped, strict=True), strict=True))
    rows: list[tuple] = []
    for neuron, summary, reason in highest.select("neuron_id", "summary", "missing_reason").iter_rows():
        answer, chosen = known[summary] if summary is not None else ((None, None, reason or NO_SUMMARY), [])
        for rank, choice in enumerate(chosen, start=1):
            rows.append((neuron, rank, choice.concept_id, choice.answered, choice.is_snapped, answer[1], None))
        if not chosen:
            rows.append((neuron, 1, None, None, False, answer[1], answer[2] or NO_CONCEPT))
    schema = {
        "neuron_id": pl.Int32, "rank": pl.Int32, "concept_id": pl.Int32, "answered": pl.String,
        "is_snapped": pl.Boolean, "answer_id": pl.String, "missing_reason": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(describer=pl.lit(describer))
