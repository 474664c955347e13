"""Every neuron described from either half of the clips: what one half made can be put to the other.

The halves are whole folds put together where the set has at least two, so that clips of one recording stay together;
else they are drawn by a seed. Either half gives its own top and bottom K. The same describer summarises both, and the
summary of the highest is calibrated against that of the lowest clips of the same half, as the full description is
against that of all clips. Nothing of the other half takes part.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_and.method.arrays.batches import Chunk, Rows, each_chunk
from dagster_and.method.calibration.descriptions import descriptions
from dagster_and.method.calibration.sentence_verdicts import calibrate
from dagster_and.method.calibration.tables import SUMMARY_SENTENCES
from dagster_and.method.evidence.tables import HALF_DESCRIPTIONS
from dagster_and.method.statistics.ridge import split_of
from dagster_and.method.summaries.caption_sets import CAPPED, Answered, caption_sets, summarise
from dagster_and.method.text.paragraphs import Encode
from dagster_and.method.top_clips.ranking import top_clips

OFF = "Neither half of the clips was described: evidence.stability is off."
SPARED = (
    "Neither half of the clips was described: evidence.stability is auto, and an LLM describes, which would be asked "
    "for three times as many summaries."
)
TOO_FEW = "A half of the captioned clips is smaller than K."
NOTHING_KEPT = "Calibration leaves nothing of what is said of the half."

Halves = tuple[np.ndarray, np.ndarray]
"""clip_ids of the captioned clips of either half, in order."""


def described_again(setting: str, chosen: Set[int], *, by_llm: bool) -> tuple[Set[int], str]:
    """neuron_ids that are described from both halves, and why the others are not.

    Args:
        setting: ``evidence.stability``: on, off, or auto (on, unless an LLM describes).
        chosen: the neurons that are described at all.
        by_llm: whether an LLM describes.
    """
    if setting == "off":
        return set(), OFF
    if setting == "auto" and by_llm:
        return set(), SPARED
    return chosen, CAPPED


def halves(captions: Sequence[str | None], folds: Sequence[int | None], seed: int = 0) -> Halves:
    """The captioned clips in two halves: each next smaller fold joins the half that has fewer clips.

    Args:
        captions: of every clip, in the order of clip_id; None where missing.
        folds: of every clip; None where the set has none.
        seed: of the draw, where there are no two folds.
    """
    captioned = np.array([clip for clip, caption in enumerate(captions) if caption is not None], dtype=np.int64)
    part = np.array(split_of([folds[clip] for clip in captioned], 2, seed), dtype=np.int64)
    names, place, sizes = np.unique(part, return_inverse=True, return_counts=True)
    half, filled = np.zeros(len(names), dtype=np.int64), np.zeros(2, dtype=np.int64)
    for fold in np.argsort(-sizes, kind="stable"):
        half[fold] = filled.argmin()
        filled[half[fold]] += sizes[fold]
    return captioned[half[place] == 0], captioned[half[place] == 1]


@dataclass(frozen=True)
class HalfEvidence:
    """What the descriptions of every neuron rest on.

    ``sets``: as of ``caption_sets``, with 2 neuron_id + half in place of neuron_id; ``reasons``: of every neuron, why
    it is not described; ``clips``: captioned clips of either half.
    """

    neuron_ids: list[int]
    reasons: list[str | None]
    sets: pl.DataFrame
    clips: tuple[int, int]

    def asked(self) -> list[tuple[str, ...]]:
        """What a describer is asked to summarise."""
        return [tuple(captions) for captions in self.sets["captions"].to_list()]


def half_evidence(
    rows: Rows,
    captions: Sequence[str | None],
    parts: Halves,
    k: int,
    chosen: Set[int],
    left_out: str,
) -> HalfEvidence:
    """The captions of every chosen neuron's top and bottom clips in either half.

    Args:
        rows: of ``activations``.
        captions: of every clip, in the order of clip_id; None where missing.
        parts: from :func:`halves`.
        k: clips at either end of either half.
        chosen: neuron_ids to describe.
        left_out: why the others are not.
    """
    heard = pl.DataFrame({"clip_id": range(len(captions)), "caption": pl.Series(captions, dtype=pl.String)})
    wanted, is_enough = np.array(sorted(chosen), dtype=np.int64), min(map(len, parts)) >= k

    def work(chunk: Chunk) -> tuple[list[int], list[pl.DataFrame]]:
        ids, activation = chunk
        own = np.isin(ids, wanted)
        frames: list[pl.DataFrame] = []
        for half, part in enumerate(parts if is_enough and own.any() else ()):
            codes = np.repeat(2 * ids[own].astype(np.int64) + half, k)
            for direction, clips in top_clips(activation[own][:, part], k).items():
                frame = pl.DataFrame({"neuron_id": codes, "clip_id": part[clips].reshape(-1)})
                frames.append(frame.select("neuron_id", pl.lit(direction).alias("direction"), "clip_id"))
        return ids.tolist(), frames

    found = list(each_chunk(work, rows))
    neuron_ids = [neuron for ids, _ in found for neuron in ids]
    empty = pl.DataFrame(schema={"neuron_id": pl.Int64, "direction": pl.String, "clip_id": pl.Int64})
    frames = [empty, *(frame for _, own in found for frame in own)]
    reasons = [left_out if neuron not in chosen else None if is_enough else TOO_FEW for neuron in neuron_ids]
    sets = caption_sets(pl.concat(frames), heard.with_columns(pl.col("clip_id").cast(pl.Int64)))
    return HalfEvidence(neuron_ids, reasons, sets, (len(parts[0]), len(parts[1])))


def half_descriptions(
    evidence: HalfEvidence,
    ask: Callable[[Sequence[tuple[str, ...]]], Sequence[Answered]],
    describer: str,
    encode: Encode,
    threshold: float,
) -> pl.DataFrame:
    """The table ``half_descriptions``: each distinct set of captions is asked about once.

    Args:
        evidence: from :func:`half_evidence`.
        ask: one answer for each set of captions.
        describer: who is asked.
        encode: texts to unit embeddings, "text dim", as the full descriptions are calibrated.
        threshold: cosine over which a sentence is shared.
    """
    codes = evidence.sets.select("neuron_id").unique().sort("neuron_id")
    said = summarise(evidence.sets, set(codes["neuron_id"]), ask, describer)
    empty = pl.DataFrame(schema=SUMMARY_SENTENCES.frame_schema)
    sentences = pl.concat([empty, *calibrate(said, encode, threshold)]).cast({"neuron_id": pl.Int64})
    made = codes.with_columns(description=pl.Series(descriptions(sentences, codes), dtype=pl.String))
    for direction, prefix in (("highest", ""), ("lowest", "lowest_")):
        names = {f"{prefix}{name}": name for name in ("summary", "answer_id", "missing_reason")}
        made = made.join(said.filter(direction=direction).select("neuron_id", **names), on="neuron_id", how="left")
    rows = pl.DataFrame(
        {"neuron_id": evidence.neuron_ids, "reason": pl.Series(evidence.reasons, dtype=pl.String)}
    ).join(pl.DataFrame({"half": [0, 1], "clips": evidence.clips}), how="cross")
    rows = rows.with_columns(code=2 * pl.col("neuron_id").cast(pl.Int64) + pl.col("half"))
    nothing = pl.coalesce("reason", "missing_reason", pl.lit(NOTHING_KEPT))
    named = pl.concat_list("answer_id", "lowest_answer_id").list.drop_nulls()
    table = rows.join(made.rename({"neuron_id": "code"}), on="code", how="left").with_columns(
        describer=pl.lit(describer),
        answer_ids=pl.when(named.list.len() > 0).then(named),
        missing_reason=pl.when(pl.col("description").is_null()).then(nothing),
    )
    schema = HALF_DESCRIPTIONS.frame_schema
    return table.select(schema.names()).cast(schema).sort(HALF_DESCRIPTIONS.key)


def described_by_half(table: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of either half of the table ``half_descriptions``, in the order of neuron_id."""
    return [table.filter(half=half).sort("neuron_id") for half in (0, 1)]
