"""Would another probing set have given the same description? The same neuron, described from two halves.

Compared are the descriptions that are scored, too: each the calibrated summary of its half. Chance is what the
description of one half has in common with another neuron's of the other half.
"""

from collections.abc import Iterator, Sequence, Set

import numpy as np
import polars as pl

from dagster_and.method.evidence.description_scores import shuffled
from dagster_and.method.evidence.halves import described_by_half
from dagster_and.method.evidence.tables import DESCRIPTION_STABILITY
from dagster_and.method.text.caption_words import content_word_set
from dagster_and.method.text.paragraphs import Encode, Paragraphs

AT_ONCE = 4096
"""Pairs of descriptions whose vectors are in memory."""


def stability(half_descriptions: pl.DataFrame, encode: Encode) -> pl.DataFrame:
    """The table ``description_stability``.

    Args:
        half_descriptions: the table.
        encode: texts to unit embeddings, "text dim".
    """
    one, two = described_by_half(half_descriptions)
    reasons = [a or b for a, b in zip(one["missing_reason"].to_list(), two["missing_reason"].to_list(), strict=True)]
    ids, first, second = (column.to_list() for column in (one["neuron_id"], one["description"], two["description"]))
    is_missing = [a is None or b is None for a, b in zip(first, second, strict=True)]
    others = shuffled([None if missing else text for text, missing in zip(second, is_missing, strict=True)])
    texts = [text for text in (*first, *second) if text]
    vector_of, words = Paragraphs(texts, encode), {text: content_word_set(text) for text in texts}
    frame = pl.DataFrame(
        {
            "neuron_id": ids, "first_description": pl.Series(first, dtype=pl.String),
            "second_description": pl.Series(second, dtype=pl.String),
        }
    )  # fmt: skip
    columns: dict[str, list[float | None]] = {}
    for name, other in (("", second), ("chance_", others)):
        pairs = [(str(a), str(b)) for a, b, missing in zip(first, other, is_missing, strict=True) if not missing]
        cosines, overlaps = _cosines(pairs, vector_of), (word_overlap(words[a], words[b]) for a, b in pairs)
        for column, values in (("cosine", cosines), ("word_overlap", overlaps)):
            columns[f"{name}{column}"] = [None if missing else next(values) for missing in is_missing]
    schema = DESCRIPTION_STABILITY.frame_schema
    filled = frame.with_columns(
        **{name: pl.Series(values, dtype=pl.Float64) for name, values in columns.items()},
        missing_reason=pl.Series(reasons, dtype=pl.String),
    )
    return filled.select(schema.names()).cast(schema)


def _cosines(pairs: Sequence[tuple[str, str]], vector_of: Paragraphs) -> Iterator[float]:
    for start in range(0, len(pairs), AT_ONCE):
        ends = zip(*pairs[start : start + AT_ONCE], strict=True)
        one, other = (vector_of(texts).astype(np.float64) for texts in ends)
        yield from np.clip((one * other).sum(axis=1), -1, 1).tolist()


def word_overlap(first: Set[str], second: Set[str]) -> float:
    """Shared share of the words of two texts (Jaccard); 0 where neither has any."""
    return len(first & second) / len(first | second) if first | second else 0.0
