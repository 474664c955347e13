"""Worlds whose truth is known: the embedded sound bank, measured, and activations made from what is known of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from dagster_and.dissection import SoundBank
from dagster_and.method.activations.pooling import statistics
from dagster_and.method.activations.tables import ACTIVATIONS
from dagster_and.method.labels.atoms import Atoms, atoms_of
from dagster_and.method.labels.tables import NEURON_LABELS
from dagster_and.method.sound.acoustics import measure
from dagster_and.method.sound.wording import sentence
from dagster_and.probing_sets.soundbank import FOLDS, SAMPLE_RATE_HZ, classes, synthesise

CONCEPTS = pl.DataFrame({"concept_id": [0], "concept": ["nothing"], "label": [None]}).cast({"label": pl.String})


@dataclass(frozen=True)
class World:
    """Clips with atoms and folds."""

    acoustics: pl.DataFrame
    labels: list[str]
    folds: list[int]
    atoms: Atoms

    def holds(self, name: str) -> np.ndarray:
        """Of which clips an atom holds, bool "clip"."""
        place = self.atoms.table["atom"].to_list().index(name)
        return self.atoms.truth[:, place] == 1

    def truth(self, row: dict) -> np.ndarray:
        """Of which clips a row's form holds, by its text alone: bool "clip"."""
        names = {name: f"held[{i}]" for i, name in enumerate(self.atoms.table["atom"])}
        text = row["form"]
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, names[name])
        held, denied = (self.atoms.truth == 1).T, (self.atoms.truth == 0).T
        text = text.replace("NOT held", "denied").replace("AND", "&").replace("OR", "|")
        return eval(text, {"held": held, "denied": denied})


def sound_bank(clips_per_class: int) -> World:
    """The sound bank, synthesised and measured."""
    section = SoundBank(layout="soundbank", clips_per_class=clips_per_class)
    made = [(name, i, *synthesise(name, i, section)) for name in classes() for i in range(clips_per_class)]
    acoustics = [vars(measure(waveform, SAMPLE_RATE_HZ)) for _, _, waveform, _ in made]
    captions = [sentence(name, truth, seed=i) for name, i, _, truth in made]
    return world([name for name, *_ in made], acoustics, captions, [1 + i % FOLDS for _, i, *_ in made])


def world(labels: list[str], acoustics: list[dict], captions: list[str | None], folds: list[int]) -> World:
    """Of what is known of every clip."""
    ids = pl.DataFrame({"clip_id": range(len(labels))})
    clips = ids.with_columns(label=pl.Series(labels), labels=pl.Series([[label] for label in labels]))
    measured = pl.concat([ids, pl.DataFrame(acoustics, infer_schema_length=None)], how="horizontal")
    texts = ids.with_columns(caption=pl.Series(captions, dtype=pl.String))
    return World(measured, labels, folds, atoms_of(clips, measured, texts, CONCEPTS))


def batches(activation: np.ndarray, rows: int = 500) -> Iterator[pa.RecordBatch]:
    """Rows of ``activations``."""
    for start in range(0, len(activation), rows):
        part = activation[start : start + rows].astype(np.float32)
        ids = list(range(start, start + len(part)))
        columns = {"neuron_id": ids, "activation": part.tolist(), **statistics(part)}
        yield pa.RecordBatch.from_pydict(columns, schema=ACTIVATIONS.schema)


def keeps_contract(table: pl.DataFrame) -> bool:
    """Whether the table has the contract's columns, and nulls only where they may be."""
    never = [column.name for column in NEURON_LABELS.columns if not column.nullable]
    return table.schema == NEURON_LABELS.frame_schema and not any(table[name].null_count() for name in never)
