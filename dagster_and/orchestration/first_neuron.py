"""The first neuron in words, said as soon as labels are there and checked, while all else is still to come."""

import polars as pl

from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ATOMS, NEURON_LABELS, NEURONS


def first_neuron(lake: Lake, dissection: str) -> str | None:
    """As "neuron 582 (block 1, attention_output): Rain.": whose label is surest, with the shortest label of these.

    The head's neurons come last: what they are is known beforehand. None where no neuron is labelled.
    """
    from dagster_and.method.evidence.material import Material
    from dagster_and.method.evidence.sentences import Rule

    labels = lake.read(NEURON_LABELS, dissection).filter(verdict="labelled", mode=1)
    placed = labels.join(lake.read(NEURONS, dissection), on="neuron_id")
    surest = placed.sort(
        pl.col("class_label").is_not_null(), -pl.col("auroc_low").round(2), pl.col("label").str.len_chars(), "neuron_id"
    )
    if surest.is_empty():
        return None
    one = surest.row(0, named=True)
    sentence = Rule.of(lake.read(ATOMS, dissection)).sentence(Material(one["label"]))
    return f"neuron {one['neuron_id']} (block {one['block_index']}, {one['sublayer']}): {sentence}"
