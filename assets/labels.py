"""Room labels: the shortest form of atoms that each neuron's activation follows (beyond AND)."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import polars as pl
from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset, table_spec, tables_asset
from dagster_and.exports.markdown import markdown
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    ACTIVATIONS,
    ATOMS,
    CLIP_ACOUSTICS,
    CLIP_CAPTIONS,
    CONCEPTS,
    LABEL_PARTS,
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


@tables_asset(
    "labelling",
    [
        table_spec(
            table, deps=[ACTIVATIONS, ATOMS, PROBING_CLIPS, CLIP_ACOUSTICS, CLIP_CAPTIONS, CONCEPTS],
            code_version="7", kinds=["numpy"], note=note,
        )
        for table, note in (
            (NEURON_LABELS, "Chosen on all folds but one, tested on that one, in turn."),
            (LABEL_PARTS, "Detection tells an LLM these, and asks it about clips of the part."),
        )
    ],
    urgent=NEURON_LABELS,
)  # fmt: skip
def labelling(context: AssetExecutionContext, house: House) -> Iterator[MaterializeResult]:
    """Find the form of atoms that each neuron follows on clips that did not choose it."""
    name = context.partition_key

    @cache
    def made() -> tuple[pl.DataFrame, pl.DataFrame]:
        from dagster_and.method.labels.labelling import labelled

        folds = house.lake.read(PROBING_CLIPS, name)["fold"].to_list()
        return labelled(house.activations(name, "labels"), _atoms(house.lake, name), folds)

    yield house.materialise(
        context, NEURON_LABELS, lambda: made()[0],
        describe=lambda table: {
            **dict(table.filter(pl.col("mode") == 1)["verdict"].value_counts().sort("verdict").iter_rows()),
            "examples": MetadataValue.md(markdown(examples(table))),
        },
    )  # fmt: skip
    yield house.materialise(context, LABEL_PARTS, lambda: made()[1])


def examples(labels: pl.DataFrame) -> pl.DataFrame:
    """Some labelled neurons, spread evenly over all of them."""
    labelled = labels.filter(pl.col("verdict") == "labelled", pl.col("mode") == 1).select(SHOWN)
    return labelled.gather_every(max(1, labelled.height // EXAMPLES)).head(EXAMPLES)


def _atoms(lake: Lake, name: str) -> "Atoms":
    from dagster_and.method.labels.atoms import atoms_of

    return atoms_of(*(lake.read(table, name) for table in (PROBING_CLIPS, CLIP_ACOUSTICS, CLIP_CAPTIONS, CONCEPTS)))
