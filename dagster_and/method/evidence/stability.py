"""Would another probing set have given the same description? The same neuron, described from two halves.

Compared are the descriptions that are scored, too: each the calibrated summary of its half. Chance is what the
description of one half has in common with another neuron's of the other half.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.method.evidence.description_scores import shuffled
from dagster_and.method.evidence.halves import described_by_half
from dagster_and.method.evidence.tables import DESCRIPTION_STABILITY
from dagster_and.method.text.caption_words import content_words

if TYPE_CHECKING:
    from torch import Tensor


def stability(half_descriptions: pl.DataFrame, encode: "Callable[[Sequence[str]], Tensor]") -> pl.DataFrame:
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
    texts = sorted({text for text in (*first, *second) if text})
    places = {text: place for place, text in enumerate(texts)}
    embedded = encode(texts).numpy() if texts else np.empty((0, 1))
    frame = pl.DataFrame(
        {
            "neuron_id": ids, "first_description": pl.Series(first, dtype=pl.String),
            "second_description": pl.Series(second, dtype=pl.String),
        }
    )  # fmt: skip
    columns: dict[str, list[float | None]] = {}
    for name, other in (("", second), ("chance_", others)):
        pairs = [None if m else (a, b) for a, b, m in zip(first, other, is_missing, strict=True)]
        columns[f"{name}cosine"] = [
            float(embedded[places[str(p[0])]] @ embedded[places[str(p[1])]]) if p else None for p in pairs
        ]
        columns[f"{name}word_overlap"] = [word_overlap(str(p[0]), str(p[1])) if p else None for p in pairs]
    schema = DESCRIPTION_STABILITY.frame_schema
    filled = frame.with_columns(
        **{name: pl.Series(values, dtype=pl.Float64) for name, values in columns.items()},
        missing_reason=pl.Series(reasons, dtype=pl.String),
    )
    return filled.select(schema.names()).cast(schema)


def word_overlap(first: str, second: str) -> float:
    """Shared share of the content words of two texts (Jaccard); 0 where neither has any."""
    a, b = set(content_words(first)), set(content_words(second))
    return len(a & b) / len(a | b) if a | b else 0.0
