"""Does an LLM that is told a description know which clips activate the neuron? (beyond AND; known as detection)

The LLM is shown held-out clips by their captions, as many that activate the neuron (of the highest tenth) as others,
and says yes or no to each. The score is the share of right verdicts: both sides are equal, so it is the balanced
accuracy, and the AUROC of a yes, too. Whoever says the same of every clip scores 0.5 exactly.

The others are spread over the activations below the highest tenth, and half of either side are the clips of it whose
captions are nearest to the description by shared words: among the others these are the hard negatives. They are taken
from as many clips on either side. The nearest of all others would be nearer than those of the few highest, and a
description that knows nothing would then score below chance rather than at it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from dagster_and.method.arrays.batches import chunks
from dagster_and.method.evidence.description_scores import NO_DESCRIPTION
from dagster_and.method.evidence.tables import DESCRIPTION_SCORES
from dagster_and.method.statistics.auroc import SMALLEST_GROUP
from dagster_and.method.text.caption_words import WordNearness
from dagster_and.method.top_clips.ranking import top_clips

SCORER = "detection"
SEED = 0
HIGH_SHARE = 0.1
FEWEST_CLIPS = 20
NO_SPREAD = "Outside its top and bottom clips the activation hardly varies."
TOO_FEW_CLIPS = f"Fewer than {FEWEST_CLIPS} captioned clips lie outside the top and bottom K."

Answered = tuple[tuple[bool, ...] | None, str | None, str | None]
"""Verdicts on the clips in their order, answer_id, missing_reason."""


@dataclass(frozen=True)
class HeldOut:
    """Held-out clips of some neurons: columns in the order of activation, lowest first ("neuron clip")."""

    clips: np.ndarray
    activation: np.ndarray
    high: np.ndarray
    low: np.ndarray


def held_out(activation: np.ndarray, k: int) -> HeldOut:
    """The clips outside the top and bottom K, and which of them are high and low: a tenth each.

    Where equal activations straddle the border of a tenth, the clips beyond it count, or, where they are under three,
    those on it as well; a neuron that can't be split that way has neither.

    Args:
        activation: "neuron clip", with more than 2 K clips.
        k: clips kept as evidence at either end.
    """
    ends = top_clips(activation, k)
    hidden = np.zeros(activation.shape, dtype=bool)
    for clips in ends.values():
        np.put_along_axis(hidden, clips, True, axis=1)
    kept = activation.shape[1] - 2 * k
    order = np.argsort(np.where(hidden, np.inf, activation), axis=1, kind="stable")[:, :kept]
    values = np.take_along_axis(activation, order, axis=1)
    tenth = max(SMALLEST_GROUP, round(HIGH_SHARE * kept))
    high, low = _beyond(values, values[:, -tenth]), _beyond(-values, -values[:, tenth - 1])
    is_split = np.asarray(~(high & low).any(axis=1) & (high.sum(axis=1) <= kept - tenth))
    return HeldOut(order, values, high & is_split[:, None], low & is_split[:, None])


def _beyond(values: np.ndarray, border: np.ndarray) -> np.ndarray:
    beyond, on = values > border[:, None], values >= border[:, None]
    straddles = beyond.any(axis=1) & (on.sum(axis=1) > max(SMALLEST_GROUP, round(HIGH_SHARE * values.shape[1])))
    is_enough = beyond.sum(axis=1) >= SMALLEST_GROUP
    return np.where((straddles & is_enough)[:, None], beyond, on)


@dataclass(frozen=True)
class Question:
    """What is asked about one neuron: its description, clips by their captions, and which of them activate it.

    With a ``missing_reason`` nothing is asked.
    """

    neuron_id: int
    description: str | None
    captions: tuple[str, ...] = ()
    is_high: tuple[bool, ...] = ()
    missing_reason: str | None = None


def questions(
    batches: Iterable[pa.RecordBatch],
    descriptions: Sequence[str | None],
    captions: Sequence[str | None],
    k: int,
    clips: int,
    seed: int = SEED,
) -> list[Question]:
    """A question for every neuron, in the order of neuron_id.

    Args:
        batches: rows of ``activations``.
        descriptions: of every neuron, in the order of neuron_id; None where there is none.
        captions: of every clip, in the order of clip_id; None where missing.
        k: clips kept as evidence at either end; these are not asked about.
        clips: to ask about, half of them high; fewer where a side holds fewer.
        seed: of the draws; each neuron has its own.
    """
    captioned = np.array([clip for clip, caption in enumerate(captions) if caption is not None], dtype=np.int64)
    texts = [str(captions[clip]) for clip in captioned]
    nearness, is_enough = WordNearness(texts), len(texts) - 2 * k >= FEWEST_CLIPS
    asked: list[Question] = []
    for ids, activation in chunks(batches):
        own = [descriptions[neuron] for neuron in ids]
        near = nearness([text or "" for text in own])
        held = held_out(activation[:, captioned], k) if is_enough else None
        for row, (neuron, text) in enumerate(zip(ids.tolist(), own, strict=True)):
            high = held.high[row] if held else np.zeros(0, dtype=bool)
            if text is None or held is None or not high.any():
                reason = NO_DESCRIPTION if text is None else NO_SPREAD if held else TOO_FEW_CLIPS
                asked.append(Question(neuron, text, missing_reason=reason))
                continue
            chosen = pick(held.clips[row], high, near[row], clips // 2, np.random.default_rng([seed, neuron]))
            is_high = np.isin(chosen, held.clips[row][high])
            asked.append(Question(neuron, text, tuple(texts[clip] for clip in chosen), tuple(is_high.tolist())))
    return asked


def pick(clips: np.ndarray, high: np.ndarray, near: np.ndarray, half: int, random: np.random.Generator) -> np.ndarray:
    """Clips to ask about, shuffled: ``half`` high ones and as many others, or as many as the smaller side holds.

    Args:
        clips: held-out clips in the order of activation, "clip".
        high: which of them are high, bool "clip".
        near: how near each captioned clip is to the description.
        half: clips of either side.
        random: for the draws.
    """
    sides = clips[high], clips[~high]
    pool = min(map(len, sides))
    chosen = [_nearest_and_others(_spread(side, pool, random), near, min(half, pool), random) for side in sides]
    return random.permutation(np.concatenate(chosen))


def _spread(clips: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """One clip of each of ``size`` runs of neighbours in activation."""
    return np.array([random.choice(run) for run in np.array_split(clips, size)])


def _nearest_and_others(pool: np.ndarray, near: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    drawn = random.permutation(pool)  # equally near ones in the order of the draw
    ranked = drawn[np.argsort(-near[drawn], kind="stable")]
    nearest, others = np.split(ranked, [size // 2])
    return np.concatenate([nearest, random.choice(others, size - len(nearest), replace=False)])


def detection_scores(
    asked: Sequence[Question], ask: Callable[[Sequence[tuple[str, tuple[str, ...]]]], Sequence[Answered]]
) -> pl.DataFrame:
    """The rows of ``description_scores`` whose scorer is detection.

    Args:
        asked: from :func:`questions`.
        ask: for each description and its clips' captions a verdict on every clip, or the reason why there is none.
    """
    wanted = [(str(one.description), one.captions) for one in asked if one.missing_reason is None]
    answers = iter(ask(wanted) if wanted else [])
    rows = [_row(one, (None, None, one.missing_reason) if one.missing_reason else next(answers)) for one in asked]
    schema = DESCRIPTION_SCORES.frame_schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def _row(question: Question, answered: Answered) -> dict[str, Any]:
    said, answer_id, reason = answered
    answer_ids = [answer_id] if answer_id else None
    row = {
        "neuron_id": question.neuron_id, "scorer": SCORER, "claim": question.description,
        "clips": len(question.captions), "high_clips": sum(question.is_high), "answer_ids": answer_ids,
        "missing_reason": reason,
    }  # fmt: skip
    return row | (marked(said, question.is_high) if said is not None else {})


def marked(said: Sequence[bool], is_high: Sequence[bool]) -> dict[str, float]:
    """Balanced accuracy of verdicts with its 95 % interval (Wilson), and the p value (Fisher's exact, one-sided).

    Args:
        said: whether each clip is said to activate the neuron.
        is_high: whether it does; as many do as don't.
    """
    from scipy.stats import binomtest, fisher_exact

    pairs = list(zip(said, is_high, strict=True))
    table = [[pairs.count((a, b)) for b in (True, False)] for a in (True, False)]
    right = table[0][0] + table[1][1]
    _, p_value = fisher_exact(table, alternative="greater")
    interval = binomtest(right, len(said)).proportion_ci(method="wilson")
    return {
        "score": right / len(said), "score_low": float(interval.low), "score_high": float(interval.high),
        "p_value": float(min(1.0, p_value)),
    }  # fmt: skip
