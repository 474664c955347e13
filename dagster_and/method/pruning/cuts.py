"""What to cut out of the network for each row of ``prunings``, and which of it needs to be run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

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


def plan_cuts(
    prunings: pl.DataFrame, pruned: pl.DataFrame, concepts: pl.DataFrame, neurons: pl.DataFrame, eligible: pl.DataFrame
) -> Planned:
    """Every cut that cuts something, and the controls. What a control cuts is the same for every concept: one run.

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
    listed = pruned.join(neurons.select("neuron_id", "layer_name", "neuron_index"), on="neuron_id")
    rows: dict[tuple, Cut] = {key: rows_of(part) for key, part in listed.group_by(PRUNINGS.key)}
    rows |= {("none",): {}, ("all",): rows_of(eligible), ("body",): "body"}
    keys = [key if key in rows else key[:1] for key in cuts.select(PRUNINGS.key).iter_rows()]
    place = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    labelled = cuts.join(able.select("concept_id", "label"), on="concept_id", maintain_order="left")
    return Planned(labelled, [rows[key] for key in place], [place[key] for key in keys])
