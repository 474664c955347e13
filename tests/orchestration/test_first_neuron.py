"""The first neuron in words is one of the tables, and the surest of them."""

from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ATOMS, NEURON_LABELS, NEURONS, Table
from dagster_and.orchestration.first_neuron import first_neuron


def fill(lake: Lake, table: Table, rows: list[dict[str, Any]]) -> None:
    blank = dict.fromkeys(table.frame_schema)
    lake.write(table, "x", pl.DataFrame([blank | row for row in rows], schema=table.frame_schema), Stamp("a", {}))


def lake_of(folder: Path, labels: list[tuple[str | None, float | None]]) -> Lake:
    """One neuron a label, of which the last is the head's."""
    lake, last = Lake(folder), len(labels) - 1
    place = {"target": "t", "layer_name": "l", "sublayer": "output", "class_label": None}
    neurons = [place | {"neuron_id": n, "neuron_index": n, "block_index": n // 2} for n in range(len(labels))]
    neurons[last] |= {"sublayer": "head", "class_label": "siren"}
    fill(lake, NEURONS, neurons)
    fill(lake, NEURON_LABELS, [
        {"neuron_id": n, "mode": 1, "verdict": "labelled" if label else "no_label", "label": label, "auroc_low": low,
         "forms_tried": 1, "clips": 9}
        for n, (label, low) in enumerate(labels)
    ])  # fmt: skip
    atom = {"atom_id": 0, "atom": "dog bark", "kind": "label", "clips": 1, "known_clips": 9, "clip_ids": [0]}
    fill(lake, ATOMS, [atom])
    return lake


def test_the_surest_label_is_said_and_of_equals_the_shortest(tmp_path: Path):
    lake = lake_of(tmp_path, [("rain", 0.8), ("dog bark, not loud", 0.95), ("dog bark", 0.95), ("siren", 1.0)])
    assert first_neuron(lake, "x") == "neuron 2 (block 1, output): Dog barks."


def test_a_neuron_of_the_head_is_said_where_no_other_is_labelled(tmp_path: Path):
    assert (
        first_neuron(lake_of(tmp_path, [(None, None), ("dog bark", 1.0)]), "x")
        == "neuron 1 (block 0, head): Dog barks."
    )


def test_nothing_is_said_where_nothing_holds(tmp_path: Path):
    assert first_neuron(lake_of(tmp_path, [(None, None), (None, None)]), "x") is None
