"""Module B, summary calibration: what is said of the lowest clips, too, says nothing of the neuron (AND, section 3.2).

The decision is made on the full cosine matrix between the sentences of both directions, never by deleting from a list
while walking it: of two sentences above the threshold both go, whatever the order.

Embeddings hold opposites for near ("high-pitched", "low-pitched": 0.93), so sentences that put opposite poles of a
scale on the same thing (:mod:`dagster_and.method.text.opposition`) are never taken for the same, whatever their cosine
and whatever else they share: they are passed over when the nearest sentence is sought. A sentence is kept or dropped as
a whole, so "It is a loud siren." beside "It is a quiet siren." stays with its siren: a shared word too many is a
smaller fault than a difference lost. It is still shared if another sentence of the other end says the same without the
opposite.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from dagster_and.method.calibration.tables import SUMMARY_SENTENCES
from dagster_and.method.text.opposition import are_contrary
from dagster_and.method.text.paragraphs import Encode
from dagster_and.method.text.sentences import split_sentences, tokens

SHORTEST = 6
"""Tokens (words and marks) that a sentence needs; the paper drops those of five or fewer."""

BOILERPLATE = re.compile(
    r"^(?:sure|certainly|of course|okay|absolutely|great|no problem|yes)\b[,.!:]|^here (?:are|is)\b|\blet me know\b"
    r"|\bI hope (?:this|that)\b|\bbased on the (?:descriptions|captions|information|provided)\b.*:$"
    r"|\bas an (?:AI|audio) (?:language )?model\b|\bhappy to help\b|\b(?:feel free|please) (?:to )?(?:ask|provide)\b"
    r"|\bhere's (?:a|the)\b|^(?:the )?(?:summary|commonalities)\b.{0,40}:$|\bif you have any\b",
    re.IGNORECASE,
)
KEPT, SHARED, BOILERPLATE_VERDICT, SHORT = "kept", "shared", "boilerplate", "short"
AT_ONCE = 2000

Split = tuple[str, str]
"""A sentence, and its verdict before calibration: kept, boilerplate or short."""


def sift(summary: str) -> list[Split]:
    """The sentences of a summary; boilerplate and short ones are marked, the rest is up for calibration."""
    return [(sentence, _first_verdict(sentence)) for sentence in split_sentences(summary)]


def _first_verdict(sentence: str) -> str:
    if BOILERPLATE.search(sentence):
        return BOILERPLATE_VERDICT
    return SHORT if len(tokens(sentence)) < SHORTEST else KEPT


def nearest(own: Sequence[str], other: Sequence[str], cosines: np.ndarray) -> Iterator[tuple[float, str] | None]:
    """For each of ``own`` the largest cosine with a sentence of ``other`` that doesn't say the opposite, and that one.

    Args:
        own: sentences of one end.
        other: sentences of the other end.
        cosines: "sentence other"; of equal ones the earlier is taken.
    """
    for sentence, row in zip(own, cosines, strict=True):
        order: list[int] = np.argsort(-row, kind="stable").tolist()
        yield next(((float(row[i]), other[i]) for i in order if not are_contrary(sentence, other[i])), None)


def calibrate(summaries: pl.DataFrame, encode: Encode, threshold: float) -> Iterator[pl.DataFrame]:
    """The table ``summary_sentences``, a few thousand neurons at once.

    A sentence is ``shared`` where its cosine with a sentence of the other direction that doesn't say the opposite is
    over the threshold; those that are boilerplate or short take no part. ``is_kept`` is true only for the highest
    clips' own sentences. Every distinct sentence is encoded once.

    Args:
        summaries: the table ``summaries``; rows without a summary have no sentences.
        encode: texts to unit embeddings, "text dim".
        threshold: cosine, exclusive.
    """
    said = summaries.drop_nulls("summary").sort("neuron_id")
    sifted = {summary: sift(summary) for summary in said["summary"].unique()}
    distinct = sorted({s for split in sifted.values() for s, verdict in split if verdict == KEPT})
    embeddings = dict(zip(distinct, encode(distinct).astype(np.float64) if distinct else (), strict=True))
    of: dict[int, dict[str, list[Split]]] = {}
    for neuron, direction, summary in said.select("neuron_id", "direction", "summary").iter_rows():
        of.setdefault(neuron, {})[direction] = sifted[summary]
    neurons = sorted(of)
    for start in range(0, len(neurons), AT_ONCE):
        rows = [
            (neuron, direction, *row)
            for neuron in neurons[start : start + AT_ONCE]
            for direction, other in (("highest", "lowest"), ("lowest", "highest"))
            for row in _judged(
                direction, of[neuron].get(direction, []), of[neuron].get(other, []), embeddings, threshold
            )
        ]
        yield pl.DataFrame(rows, schema=pl.DataFrame(SUMMARY_SENTENCES.schema.empty_table()).schema, orient="row")


def _judged(
    direction: str, own: list[Split], other: list[Split], embeddings: dict[str, np.ndarray], threshold: float
) -> Iterator[tuple]:
    """The rows of one summary against the other direction's, without the neuron and the direction."""
    counterparts = [sentence for sentence, verdict in other if verdict == KEPT]
    candidates = [sentence for sentence, verdict in own if verdict == KEPT]
    found: dict[str, tuple[float, str] | None] = {}
    if candidates and counterparts:
        high, low = (np.stack([embeddings[s] for s in side]) for side in (candidates, counterparts))
        found = dict(zip(candidates, nearest(candidates, counterparts, np.clip(high @ low.T, -1, 1)), strict=True))
    for index, (sentence, first) in enumerate(own):
        cosine, nearest_sentence = found.get(sentence) or (None, None)
        verdict = SHARED if cosine is not None and cosine > threshold else first
        yield index, sentence, verdict, direction == "highest" and verdict == KEPT, nearest_sentence, cosine
