"""Atoms: what holds of a clip, or doesn't, or isn't known: the things that a neuron's label can be made of.

Where two atoms have the same name, they are one: a label goes before a concept, that before a measured cut, that before
words of captions. Where two have the same truth of every clip, they are one, too: labels go before concepts, phrases,
words and measured cuts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dagster_and.method.labels.acoustic_cuts import PITCHED, UNITS, Cut, cuts, qualities
from dagster_and.method.labels.caption_atoms import Said, concepts_named, known_clips, words_said
from dagster_and.method.labels.tables import ATOMS
from dagster_and.method.statistics.auroc import SMALLEST_GROUP
from dagster_and.method.text.names import name_in_words

BY_NAME = ("label", "concept", "acoustic", "phrase", "word")
BY_TRUTH = ("label", "concept", "phrase", "word", "acoustic")


@dataclass(frozen=True)
class Atoms:
    """The table ``atoms``, and the truth of each atom: int8 "clip atom", 1, 0, or -1 where unknown."""

    table: pl.DataFrame
    truth: np.ndarray


@dataclass(frozen=True)
class Candidate:
    """Something that may become an atom. ``truth``: int8 "clip"."""

    text: str
    kind: str
    truth: np.ndarray
    cut: Cut | None = None

    @property
    def name(self) -> str:
        """By which it is the same as another."""
        return self.text.casefold()


def atoms_of(clips: pl.DataFrame, acoustics: pl.DataFrame, captions: pl.DataFrame, concepts: pl.DataFrame) -> Atoms:
    """All atoms that hold on at least three clips, and are false on at least three.

    Args:
        clips: the table ``probing_clips``.
        acoustics: the table ``clip_acoustics``; a clip that it lacks has unknown acoustics.
        captions: the table ``clip_captions``.
        concepts: the table ``concepts``.
    """
    clips = clips.sort("clip_id")
    ids = clips.select("clip_id")
    texts = ids.join(captions, on="clip_id", how="left", maintain_order="left")["caption"].to_list()
    measured = ids.join(acoustics, on="clip_id", how="left", maintain_order="left")
    found = [*_labels(clips), *_concepts(concepts, texts), *_words(texts), *_acoustics(measured)]
    fit = [one for one in found if min((one.truth == 1).sum(), (one.truth == 0).sum()) >= SMALLEST_GROUP]
    kept = _distinct(_distinct(fit, BY_NAME, lambda one: one.name), BY_TRUTH, lambda one: one.truth.tobytes())
    kept.sort(key=lambda one: BY_TRUTH.index(one.kind))
    truth = np.array([one.truth for one in kept], dtype=np.int8).reshape(len(kept), len(clips)).T
    return Atoms(_table(kept), truth)


def truth_of(atom: Mapping[str, Any], is_captioned: np.ndarray, measured: Mapping[str, np.ndarray]) -> np.ndarray:
    """Of every clip, int8 "clip": 1, 0, or -1 where it is not known whether an atom of the table holds.

    Args:
        atom: its row of the table ``atoms``.
        is_captioned: which clips have a caption, bool "clip".
        measured: what :func:`qualities` says of them, each "clip".
    """
    truth = np.zeros(len(is_captioned), dtype=np.int8)
    if atom["known_clips"] < len(truth):
        of_words = atom["kind"] != "acoustic" or atom["quality"] not in measured
        truth[~is_captioned if of_words else np.isnan(measured[atom["quality"]])] = -1
    truth[np.asarray(atom["clip_ids"], dtype=np.int64)] = 1
    return truth


def _labels(clips: pl.DataFrame) -> Iterator[Candidate]:
    """Every class, under its name in words."""
    named = [{name_in_words(label) for label in labels} for labels in clips["labels"].to_list()]
    for name in sorted({name for names in named for name in names if name}):
        yield Candidate(name, "label", np.array([name in names for names in named], dtype=np.int8))


def _concepts(concepts: pl.DataFrame, captions: list[str | None]) -> Iterator[Candidate]:
    """Those that name no class."""
    names = concepts.filter(pl.col("label").is_null()).sort("concept_id")["concept"].to_list()
    for name, truth in _of_captions(concepts_named(names, captions), captions):
        yield Candidate(name_in_words(name), "concept", truth)


def _words(captions: list[str | None]) -> Iterator[Candidate]:
    for kind, said in zip(("phrase", "word"), words_said(captions), strict=True):
        for text, truth in _of_captions(said, captions):
            yield Candidate(text, kind, truth)


def _of_captions(said: Said, captions: list[str | None]) -> Iterator[tuple[str, np.ndarray]]:
    """Where there is no caption, nothing is known."""
    unknown = np.where(known_clips(captions), 0, -1).astype(np.int8)
    for text, clips in said.items():
        truth = unknown.copy()
        truth[list(clips)] = 1
        yield text, truth


def _acoustics(acoustics: pl.DataFrame) -> Iterator[Candidate]:
    values = qualities(acoustics)
    for cut in cuts():
        yield Candidate(cut.text, "acoustic", cut.holds(values[cut.quality]), cut)
    is_measured = ~np.isnan(values["loudness_dbfs"])
    pitched = np.where(is_measured, ~np.isnan(values["pitch_hz"]), -1).astype(np.int8)
    yield Candidate(PITCHED, "acoustic", pitched, Cut("pitch_hz", PITCHED, None, None))


def _distinct(found: list[Candidate], order: tuple[str, ...], key) -> list[Candidate]:
    """One of each key: of the kind that comes first in the order, and of one kind the first."""
    kept: dict = {}
    for one in sorted(found, key=lambda one: order.index(one.kind)):
        kept.setdefault(key(one), one)
    return list(kept.values())


def _table(kept: list[Candidate]) -> pl.DataFrame:
    rows = {
        "atom_id": range(len(kept)),
        "atom": [one.text for one in kept],
        "kind": [one.kind for one in kept],
        "quality": [one.cut and one.cut.quality for one in kept],
        "unit": [one.cut and UNITS.get(one.cut.quality) for one in kept],
        "low": [one.cut and one.cut.low for one in kept],
        "high": [one.cut and one.cut.high for one in kept],
        "clips": [int((one.truth == 1).sum()) for one in kept],
        "known_clips": [int((one.truth >= 0).sum()) for one in kept],
        "clip_ids": [np.flatnonzero(one.truth == 1).tolist() for one in kept],
    }
    return pl.DataFrame(rows, schema=ATOMS.frame_schema)
