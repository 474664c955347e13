"""Would another probing set have given the same description? The same neuron, described from two halves.

The clips are split by a seeded permutation; each half gives its own top K, and the same describer summarises the
captions of both. Chance is what the summary of one half has in common with another neuron's of the other half.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl
import pyarrow as pa

from dagster_and.method.arrays.batches import chunks
from dagster_and.method.evidence.description_scores import shuffled
from dagster_and.method.evidence.tables import DESCRIPTION_STABILITY
from dagster_and.method.summaries.caption_sets import CAPPED
from dagster_and.method.text.caption_words import content_words
from dagster_and.method.top_clips.ranking import top_clips

if TYPE_CHECKING:
    from torch import Tensor


class Said(Protocol):
    """One summary of a describer, or the reason why there is none."""

    @property
    def value(self) -> str | None:
        """The summary."""
        ...

    @property
    def missing_reason(self) -> str | None:
        """Why there is none."""
        ...


SEED = 0
STABILITY_OFF = "evidence.stability is off"
STABILITY_SPARED = "evidence.stability is auto, and an LLM describes: it would be called three times as often"
TOO_FEW = "A half of the captioned clips is smaller than K."


def described_again(setting: str, chosen: Set[int], *, by_llm: bool) -> tuple[Set[int], str]:
    """neuron_ids that are described from both halves, and why the others are not.

    Args:
        setting: ``evidence.stability``: on, off, or auto (on, unless an LLM describes).
        chosen: the neurons that are described at all.
        by_llm: whether an LLM describes.
    """
    if setting == "off":
        return set(), STABILITY_OFF
    if setting == "auto" and by_llm:
        return set(), STABILITY_SPARED
    return chosen, CAPPED


def halves(clips: np.ndarray, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """The clips in two halves, each in order."""
    order = np.random.default_rng(seed).permutation(clips)
    return np.sort(order[: len(clips) // 2]), np.sort(order[len(clips) // 2 :])


@dataclass(frozen=True)
class HalfEvidence:
    """The captions of every neuron's top clips in either half; ``reasons`` says why a neuron is not described."""

    neuron_ids: list[int]
    first: list[tuple[str, ...]]
    second: list[tuple[str, ...]]
    reasons: list[str | None]

    def asked(self) -> list[tuple[str, ...]]:
        """What a describer is asked to summarise: the first halves, then the second ones."""
        return [
            one for half in (self.first, self.second) for one, no in zip(half, self.reasons, strict=True) if no is None
        ]


def half_evidence(
    batches: Iterable[pa.RecordBatch], captions: Sequence[str | None], k: int, chosen: Set[int], left_out: str
) -> HalfEvidence:
    """What both descriptions of each neuron rest on.

    Args:
        batches: rows of ``activations``.
        captions: of every clip, in the order of clip_id; None where missing.
        k: top clips of either half.
        chosen: neuron_ids to describe.
        left_out: why the others are not.
    """
    captioned = np.array([clip for clip, caption in enumerate(captions) if caption is not None], dtype=np.int64)
    parts = halves(captioned)
    ids, evidence = [], ([], [])
    for some, activation in chunks(batches):
        ids.extend(some.tolist())
        for part, sets in zip(parts, evidence, strict=True):
            tops = top_clips(activation[:, part], k)["highest"] if len(part) >= k else np.empty((len(some), 0), int)
            sets.extend(tuple(str(captions[clip]) for clip in part[row]) for row in tops)
    too_few = TOO_FEW if min(map(len, parts)) < k else None
    return HalfEvidence(ids, *evidence, [too_few if neuron in chosen else left_out for neuron in ids])


def stability(
    evidence: HalfEvidence,
    summarise: "Callable[[Sequence[tuple[str, ...]]], Sequence[Said]]",
    encode: "Callable[[Sequence[str]], Tensor]",
) -> pl.DataFrame:
    """The table ``description_stability``.

    Args:
        evidence: from :func:`half_evidence`.
        summarise: captions in common, as a describer says them.
        encode: texts to unit embeddings, "text dim".
    """
    asked = evidence.asked()
    said = iter(summarise(asked) if asked else [])
    halves_said = [[None if no else next(said) for no in evidence.reasons] for _ in range(2)]
    first, second = ([reply.value if reply else None for reply in half] for half in halves_said)
    reasons = [
        no or (a and a.missing_reason) or (b and b.missing_reason)
        for no, a, b in zip(evidence.reasons, *halves_said, strict=True)
    ]
    return _frame(evidence.neuron_ids, first, second, reasons, encode)


def _frame(
    ids: Sequence[int], first: list[str | None], second: list[str | None], reasons: Sequence[str | None],
    encode: "Callable[[Sequence[str]], Tensor]",
) -> pl.DataFrame:  # fmt: skip
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
    missing = [(r or "The describer gave no summary.") if m else None for r, m in zip(reasons, is_missing, strict=True)]
    schema = DESCRIPTION_STABILITY.frame_schema
    filled = frame.with_columns(
        **{name: pl.Series(values, dtype=pl.Float64) for name, values in columns.items()},
        missing_reason=pl.Series(missing, dtype=pl.String),
    )
    return filled.select(schema.names()).cast(schema)


def word_overlap(first: str, second: str) -> float:
    """Shared share of the content words of two texts (Jaccard); 0 where neither has any."""
    a, b = set(content_words(first)), set(content_words(second))
    return len(a & b) / len(a | b) if a | b else 0.0
