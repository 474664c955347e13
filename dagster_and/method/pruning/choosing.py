"""Choosing neurons from what the lake holds: the tables ``prunings`` and ``pruned_neurons``."""

from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.dissection import Dissection
from dagster_and.foundation.keys import digest
from dagster_and.lake.store import Lake
from dagster_and.method.activations.tables import ACTIVATIONS, NEURONS
from dagster_and.method.closed_concepts.tables import CONCEPT_CHOICES, CONCEPT_PREDICTIONS, CONCEPTS
from dagster_and.method.contract.table import Table
from dagster_and.method.open_concepts.tables import NEURON_WORDS
from dagster_and.method.probing.tables import PROBING_CLIPS
from dagster_and.method.pruning.scope import class_labels, eligible_neurons, folds, pruned_concepts, training_clips
from dagster_and.method.pruning.tables import PRUNINGS

SETTINGS = {
    "concepts", "strategies", "size_of", "top", "db_similarity", "tab_similarity", "sublayers", "blocks", "seeds",
}  # fmt: skip


def selection_settings(dissection: Dissection) -> tuple[Any, ...]:
    """Everything in the dissection file that the choice depends on."""
    return (dissection.pruning.model_dump(mode="json", include=SETTINGS), folds(dissection))


def select_neurons(dissection: Dissection, lake: Lake) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables ``prunings`` and ``pruned_neurons``.

    Raises:
        UserError: a concept, sublayer or block that the file names is not there.
    """
    from dagster_and.method.pruning.selection import Evidence, Rules, activation_gaps, select

    section = dissection.pruning
    neurons, clips, concepts = (lake.read(t, dissection.name) for t in (NEURONS, PROBING_CLIPS, CONCEPTS))
    wanted = pruned_concepts(dissection, concepts, class_labels(neurons))
    training = training_clips(dissection, clips)
    gaps = None
    if training is not None and "activation_gap" in section.strategies:
        batches = lake.batches(ACTIVATIONS, dissection.name)
        gaps = activation_gaps(batches, clips.sort("clip_id")["label"], wanted["label"], training.to_numpy())
    evidence = Evidence(
        words=read_if_made(lake, NEURON_WORDS, dissection.name),
        predictions=read_if_made(lake, CONCEPT_PREDICTIONS, dissection.name),
        choices=read_if_made(lake, CONCEPT_CHOICES, dissection.name),
        gaps=gaps,
    )
    similarities = {"DB": section.db_similarity, "TAB": section.tab_similarity}
    rules = Rules(section.strategies, section.seeds, section.size_of, section.top, similarities)
    return select(eligible_neurons(dissection, neurons), wanted, evidence, rules)


def note_file(dissection: Dissection, lake: Lake) -> None:
    """Note beside the table ``prunings`` by which dissection file it was last made, or found to be as it should be.

    The stamp of the table can't say it: it covers its own settings only, and the file may also have changed for a room
    that has not been run since.
    """
    _note(dissection, lake).write_text(_whole_file(dissection), encoding="utf-8")


def is_chosen_by(dissection: Dissection, lake: Lake) -> bool:
    """Whether the dissection file is the one by which neurons were last chosen."""
    note = _note(dissection, lake)
    return note.exists() and note.read_text(encoding="utf-8") == _whole_file(dissection)


def _note(dissection: Dissection, lake: Lake) -> Path:
    return lake.path(PRUNINGS, dissection.name).with_name("dissection_file.txt")


def _whole_file(dissection: Dissection) -> str:
    return digest(dissection.model_dump(mode="json", exclude={"description"}), dissection.folder)


def read_if_made(lake: Lake, table: Table, dissection: str) -> pl.DataFrame | None:
    """A table, or None where the dissection has none (or none with today's columns)."""
    return lake.read(table, dissection) if lake.stamp(table, dissection) else None
