"""Room labels: the shortest form of atoms that each neuron's activation follows (beyond AND)."""

from typing import TYPE_CHECKING

import polars as pl
from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and.exports.markdown import markdown
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    ACTIVATIONS,
    ATOMS,
    CLIP_ACOUSTICS,
    CLIP_CAPTIONS,
    CONCEPTS,
    NEURON_LABELS,
    PROBING_CLIPS,
)
from dagster_and.resources import House

if TYPE_CHECKING:
    from dagster_and.method.labels.atoms import Atoms

EXAMPLES = 10
SHOWN = ["neuron_id", "label", "auroc", "accounts_for", "effective_clips", "runner_up"]


@table_asset(
    ATOMS, deps=[PROBING_CLIPS, CLIP_ACOUSTICS, CLIP_CAPTIONS, CONCEPTS], code_version="2", kinds=["numpy"],
    note="Labels, concepts, words of the captions, and measured acoustics at natural cuts.",
)  # fmt: skip
def atoms(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """List what can hold of a clip, and of which clips it does."""
    return house.materialise(
        context, ATOMS, lambda: _atoms(house.lake, context.partition_key).table,
        describe=lambda table: dict(table["kind"].value_counts().sort("kind").iter_rows()),
    )  # fmt: skip


@table_asset(
    NEURON_LABELS, deps=[ACTIVATIONS, ATOMS, PROBING_CLIPS, CLIP_ACOUSTICS, CLIP_CAPTIONS, CONCEPTS],
    code_version="2", kinds=["numpy"],
    note="Chosen on all folds but one, tested on that one, in turn.",
)  # fmt: skip
def neuron_labels(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Find the form of atoms that each neuron follows on clips that did not choose it."""
    name = context.partition_key

    def make():
        from dagster_and.method.labels.labelling import neuron_labels

        folds = house.lake.read(PROBING_CLIPS, name)["fold"].to_list()
        return neuron_labels(house.lake.batches(ACTIVATIONS, name), _atoms(house.lake, name), folds)

    return house.materialise(
        context, NEURON_LABELS, make,
        describe=lambda table: {
            **dict(table.filter(pl.col("mode") == 1)["verdict"].value_counts().sort("verdict").iter_rows()),
            "examples": MetadataValue.md(markdown(examples(table))),
        },
    )  # fmt: skip


def examples(labels: pl.DataFrame) -> pl.DataFrame:
    """Some labelled neurons, spread evenly over all of them."""
    labelled = labels.filter(pl.col("verdict") == "labelled", pl.col("mode") == 1).select(SHOWN)
    return labelled.gather_every(max(1, labelled.height // EXAMPLES)).head(EXAMPLES)


def _atoms(lake: Lake, name: str) -> "Atoms":
    from dagster_and.method.labels.atoms import atoms_of

    return atoms_of(*(lake.read(table, name) for table in (PROBING_CLIPS, CLIP_ACOUSTICS, CLIP_CAPTIONS, CONCEPTS)))
