"""What to cut out of the network for each row of ``prunings``, and which of it needs to be run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from dagster_and.method.pruning.tables import PRUNINGS

Rows = Mapping[str, Sequence[int]]
"""For each layer's name the rows of its weight matrix, or the output channels: the neurons to cut."""
Cut = Rows | Literal["body"]
"""Chosen neurons; or everything that is not the head, recorded or not."""


def rows_of(neurons: pl.DataFrame) -> dict[str, list[int]]:
    """Rows to cut by layer, from rows of the table ``neurons``."""
    grouped = neurons.sort("neuron_id").group_by("layer_name", maintain_order=True).agg("neuron_index")
    return dict(zip(grouped["layer_name"], grouped["neuron_index"].to_list(), strict=True))


@dataclass(frozen=True)
class Planned:
    """The cuts to measure: rows of ``prunings`` with the concept's class, what to run, and which of it each row is."""

    prunings: pl.DataFrame
    runs: list[Cut]
    run_of: list[int]


def distinct(sets: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[int]]:
    """Sets of neurons without repeats, each ascending, and which of them each is. Order within a set doesn't matter."""
    ascending = [np.sort(chosen) for chosen in sets]
    places: dict[bytes, int] = {}
    place_of = [places.setdefault(chosen.astype(np.int64).tobytes(), len(places)) for chosen in ascending]
    first = dict(zip(reversed(place_of), reversed(ascending), strict=True))
    return [first[place] for place in range(len(places))], place_of


def saved(asked: int, run: int) -> dict[str, Any]:
    """How many cuts were asked for, how many are run since no two of them are the same neurons, and what that saves."""
    return {"cuts asked": asked, "distinct cuts run": run, "cuts saved": asked - run}


def plan_cuts(
    prunings: pl.DataFrame, pruned: pl.DataFrame, concepts: pl.DataFrame, neurons: pl.DataFrame, eligible: pl.DataFrame
) -> Planned:
    """Every cut that cuts something, and the controls. Cuts of the same neurons, whoever chose them, are one run.

    Args:
        prunings: the table.
        pruned: the table ``pruned_neurons``.
        concepts: concept_id, label and obstacle; those with an obstacle are left out.
        neurons: the table.
        eligible: rows of ``neurons`` that may be cut: what the control ``all`` cuts.
    """
    able = concepts.filter(pl.col("obstacle").is_null())
    is_cut = (pl.col("neurons") > 0) | pl.col("strategy").is_in(["none", "body"])
    cuts = prunings.filter(is_cut & pl.col("concept_id").is_in(able["concept_id"].to_list()))
    labelled = cuts.join(able.select("concept_id", "label"), on="concept_id", maintain_order="left")
    listed = pruned.group_by(PRUNINGS.key).agg("neuron_id")
    sets = {
        key: ids.to_numpy() for key, ids in zip(listed.select(PRUNINGS.key).rows(), listed["neuron_id"], strict=True)
    }
    controls = {"none": np.empty(0, np.int32), "all": eligible["neuron_id"].to_numpy()}
    keys = cuts.select(PRUNINGS.key).rows()
    asked = [controls[key[0]] if key[0] in controls else sets[key] for key in keys if key[0] != "body"]
    chosen, place_of = distinct(asked)
    layout = neurons.select("neuron_id", "layer_name", "neuron_index")
    runs: list[Cut] = [rows_of(_of(layout, ids)) for ids in chosen]
    places = iter(place_of)
    run_of = [len(chosen) if key[0] == "body" else next(places) for key in keys]
    return Planned(labelled, [*runs, "body"] if len(chosen) in run_of else runs, run_of)


def _of(neurons: pl.DataFrame, ids: np.ndarray) -> pl.DataFrame:
    return neurons.join(pl.DataFrame({"neuron_id": ids.astype(np.int32)}), on="neuron_id", how="semi")
