"""Does an LLM that is told a label know which clips activate the neuron? (beyond AND; known as detection)

The LLM is shown clips by their captions, as many that activate the neuron as others, and says yes or no to each. The
score is the share of right verdicts: both sides are equal, so it is the balanced accuracy, and the AUROC of a yes, too.
Whoever says the same of every clip scores 0.5 exactly.

No clip has a say in the label that it is held against. The room labels chooses a form without each part of the clips
(``label_parts``); the LLM is told that form, and shown clips of that part. Parts whose forms read the same are one
question, so a neuron whose parts agree is asked about once. Each question has as many clips that activate the neuron
as others, so the verdicts of all of a neuron's questions together are balanced as well.

High clips are those of all captioned clips (a tenth, or fewer where fewer carry the activation), and a part is asked
about in proportion to those that it holds. The others are spread over the activations below, and half of either side
are the clips of it whose captions are nearest to the label by shared words: among the others these are the hard
negatives. They are taken from as many clips on either side. The nearest of all others would be nearer than those of
the few highest, and a label that knows nothing would then score below chance rather than at it.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from dagster_and.method.arrays.batches import chunks
from dagster_and.method.evidence.description_scores import FEWEST_CLIPS, ends
from dagster_and.method.evidence.tables import DESCRIPTION_SCORES
from dagster_and.method.labels.testing import parts_of
from dagster_and.method.summaries.caption_sets import CAPPED
from dagster_and.method.text.caption_words import WordNearness

SCORER = "detection"
SEED = 0
NO_LABEL = "It has no label that an LLM could be told."
NO_SPREAD = "In no part that has a form do clips stand out from the others."
TOO_FEW_CLIPS = f"Fewer than {FEWEST_CLIPS} clips have a caption."

Answered = tuple[tuple[bool, ...] | None, str | None, str | None]
"""Verdicts on the clips in their order, answer_id, missing_reason."""


@dataclass(frozen=True)
class Question:
    """What is asked about one neuron: a label, clips by their captions, and which of them activate it.

    ``claim``: the neuron's label, of all clips; ``told``: that of the parts which the clips are of. With a
    ``missing_reason`` nothing is asked.
    """

    neuron_id: int
    claim: str | None
    told: str = ""
    captions: tuple[str, ...] = ()
    is_high: tuple[bool, ...] = ()
    missing_reason: str | None = None


@dataclass(frozen=True)
class Labels:
    """Of every neuron its label, None where there is none, and of labelled ones the parts by what is told of them."""

    claims: list[str | None]
    told: dict[int, dict[str, list[int]]]

    @classmethod
    def of(cls, neuron_labels: pl.DataFrame, label_parts: pl.DataFrame) -> "Labels":
        """Of the two tables; parts without a form are told nothing."""
        first = neuron_labels.filter(pl.col("mode") == 1).sort("neuron_id")
        parts = label_parts.drop_nulls("label").sort("neuron_id", "part").group_by(
            "neuron_id", "label", maintain_order=True).agg("part")  # fmt: skip
        told: dict[int, dict[str, list[int]]] = {}
        for neuron, label, own in parts.iter_rows():
            told.setdefault(neuron, {})[label] = own
        return cls(first["label"].to_list(), told)


def questions(
    batches: Iterable[pa.RecordBatch],
    labels: Labels,
    captions: Sequence[str | None],
    folds: Sequence[int | None],
    chosen: Set[int],
    clips: int,
    seed: int = SEED,
) -> list[Question]:
    """The questions about every neuron, in the order of neuron_id; of one that is not asked about one with a reason.

    Args:
        batches: rows of ``activations``.
        labels: what can be told.
        captions: of every clip, in the order of clip_id; None where missing.
        folds: of every clip, which the parts are made of.
        chosen: neuron_ids that an LLM is asked about at all.
        clips: to ask about, half of them high; fewer where the parts hold fewer.
        seed: of the draws; each neuron has its own.
    """
    captioned = np.array([clip for clip, caption in enumerate(captions) if caption is not None], dtype=np.int64)
    texts, parts = [str(captions[clip]) for clip in captioned], parts_of(folds)[captioned]
    nearness, asked = WordNearness(texts), list[Question]()
    for ids, activation in chunks(batches):
        values = activation[:, captioned]
        high, order = ends(values).high, np.argsort(values, axis=1, kind="stable")
        for row, neuron in enumerate(ids.tolist()):
            claim, own = labels.claims[neuron], list[Question]()
            reason = _left_out(claim, neuron in chosen, len(texts))
            if reason is None:
                random = np.random.default_rng([seed, neuron])
                for told, places in _drawn(labels.told[neuron], parts, high[row], order[row], nearness, clips, random):
                    is_high = tuple(high[row][places].tolist())
                    own.append(Question(neuron, claim, told, tuple(texts[place] for place in places), is_high))
            asked.extend(own or [Question(neuron, claim, missing_reason=reason or NO_SPREAD)])
    return asked


def _left_out(claim: str | None, is_chosen: bool, clips: int) -> str | None:
    if claim is None:
        return NO_LABEL
    return CAPPED if not is_chosen else TOO_FEW_CLIPS if clips < FEWEST_CLIPS else None


def _drawn(
    told: dict[str, list[int]], parts: np.ndarray, high: np.ndarray, order: np.ndarray, nearness: WordNearness,
    clips: int, random: np.random.Generator,
) -> Iterable[tuple[str, np.ndarray]]:  # fmt: skip
    """Of every distinct label the clips to ask about; none where no high clip lies in its parts, or nothing else."""
    of_parts = [order[np.isin(parts[order], own)] for own in told.values()]
    room = np.array([min(high[own].sum(), (~high[own]).sum()) for own in of_parts])
    for (label, own), pairs in zip(zip(told, of_parts, strict=True), shares(room, clips // 2), strict=True):
        if pairs:
            yield label, pick(own, high[own], nearness([label])[0], pairs, random)


def shares(room: np.ndarray, total: int) -> list[int]:
    """``total`` in whole numbers in proportion to ``room``, and never more than that; the largest remainders gain."""
    wanted = room * min(1.0, total / max(int(room.sum()), 1))
    given = np.floor(wanted + 1e-9).astype(np.int64)
    left = min(total, int(room.sum())) - int(given.sum())
    given[np.argsort(given - wanted, kind="stable")[:left]] += 1
    return given.tolist()


def pick(clips: np.ndarray, high: np.ndarray, near: np.ndarray, half: int, random: np.random.Generator) -> np.ndarray:
    """Clips to ask about, shuffled: ``half`` high ones and as many others, or as many as the smaller side holds.

    Args:
        clips: in the order of activation, "clip".
        high: which of them are high, bool "clip".
        near: how near each captioned clip is to the label.
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
    """The rows of ``description_scores`` whose scorer is detection: one a neuron, of all its questions together.

    Args:
        asked: from :func:`questions`.
        ask: for each label and its clips' captions a verdict on every clip, or the reason why there is none.
    """
    wanted = [(one.told, one.captions) for one in asked if one.missing_reason is None]
    answers = iter(ask(wanted) if wanted else [])
    replies = [(one, (None, None, one.missing_reason) if one.missing_reason else next(answers)) for one in asked]
    rows = [_row([*own]) for _, own in groupby(replies, key=lambda reply: reply[0].neuron_id)]
    schema = DESCRIPTION_SCORES.frame_schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def _row(replies: list[tuple[Question, Answered]]) -> dict[str, Any]:
    """Of one neuron. A question without a usable answer doesn't count, but where none has any."""
    replies = sorted(replies, key=lambda reply: reply[1][0] is None)
    usable = [reply for reply in replies if reply[1][0] is not None]
    counted = usable or replies
    is_high = [high for question, _ in counted for high in question.is_high]
    said = [verdict for _, (verdicts, _, _) in usable for verdict in verdicts or ()]
    question, (_, _, reason) = replies[0]
    row = {
        "neuron_id": question.neuron_id, "scorer": SCORER, "claim": question.claim, "clips": len(is_high),
        "high_clips": sum(is_high), "answer_ids": [key for _, (_, key, _) in replies if key] or None,
        "missing_reason": None if usable else reason,
    }  # fmt: skip
    return row | (marked(said, is_high) if usable else {})


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
