"""An unlearned network to take away: the pruned target saved as it was found, with a card that says what was cut."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.dissection import Dissection
from dagster_and.exports.card import Cut, card
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import new_folder
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    CONCEPTS,
    NEURONS,
    PRUNED_NEURONS,
    PRUNING_EFFECTS,
    PRUNING_OUTCOMES,
    PRUNINGS,
    TARGETS,
)
from dagster_and.method.pruning.cuts import rows_of
from dagster_and.method.pruning.selection import CONTROLS
from dagster_and.method.text.names import class_of


def find_cut(
    dissection: Dissection, lake: Lake, concept: str, strategy: str, seed: int = 0, size_of: str | None = None
) -> Cut:
    """The neurons that one strategy cuts for one concept, and what that costs as far as it has been measured.

    ``size_of`` is for the strategy random: as many neurons as that strategy cuts, by default ``pruning.size_of``.

    Raises:
        UserError: the room has not been run or is out of date, there is no such concept, strategy, seed or size, or
            nothing is cut; says why.
    """
    _refuse_old(dissection, lake)
    prunings, concepts = (lake.read(t, dissection.name) for t in (PRUNINGS, CONCEPTS))
    known = concepts.join(prunings, on="concept_id", how="semi").sort("concept_id")
    found = class_of(concept, known["concept"])
    if found is None:
        raise UserError(
            f"{dissection.name} prunes no concept {concept!r}: write one of {', '.join(known['concept'])}, or add it "
            "under pruning.concepts."
        )
    row = known.filter(pl.col("concept") == found).row(0, named=True)
    of_concept = prunings.filter(pl.col("concept_id") == row["concept_id"])
    cut = of_concept.filter((pl.col("strategy") == strategy) & (pl.col("seed") == seed))
    if strategy == "random" or size_of:
        size_of = size_of or dissection.pruning.size_of
        cut = cut.filter(pl.col("size_of") == size_of)
    if cut.is_empty() or strategy in CONTROLS:
        raise UserError(_no_such_cut(dissection, of_concept, strategy, seed, size_of))
    if not cut["neurons"][0]:
        raise UserError(f"{strategy} cuts nothing for the concept {found!r}: {cut['note'][0]}.")
    return _cut(dissection, lake, row["concept"], cut.row(0, named=True))


def export(cut: Cut, target: Any, folder: Path, revision: str | None = None) -> Path:
    """Save the pruned network to a new folder, atomically: the folder is whole, or not there.

    A transformers network is saved with its feature extractor as ``from_pretrained`` reads it; any other as
    ``model.safetensors``, its state dict. ``target`` is left pruned;
    ``revision`` is the hub's, for the feature extractor.

    Raises:
        UserError: the folder is there already, or a neuron is of a layer that can't be cut.
    """
    from dagster_and.targets.cutting.obstacles import check_cuttable
    from dagster_and.targets.cutting.rows import cut as cut_for_good

    if folder.exists():
        raise UserError(f"{folder} is there already: write the path of a new folder.")
    check_cuttable(target, cut.neurons)
    cut_for_good(target.model, rows_of(cut.neurons))
    with new_folder(folder) as temporary:
        _save(target, temporary, revision)
        cut.neurons.write_csv(temporary / "pruned_neurons.csv")
        (temporary / "README.md").write_text(card(cut), encoding="utf-8")
    return folder


def _save(target: Any, folder: Path, revision: str | None) -> None:
    from dagster_and.hub.quiet import quiet_transformers

    save: Callable[[Path], Any] | None = getattr(target.model, "save_pretrained", None)
    if save is None:
        from safetensors.torch import save_file

        state = {name: tensor.detach().clone().contiguous() for name, tensor in target.model.state_dict().items()}
        save_file(state, folder / "model.safetensors")
        return
    from transformers import AutoFeatureExtractor

    with quiet_transformers():
        save(folder)
        extractor = AutoFeatureExtractor.from_pretrained(target.checkpoint, revision=revision, trust_remote_code=False)
        extractor.save_pretrained(folder)


def _refuse_old(dissection: Dissection, lake: Lake) -> None:
    """Refuse cuts that the tables and the dissection file, as they are now, would not give.

    Raises:
        UserError: says what has changed.
    """
    name, tables = dissection.name, (PRUNINGS, PRUNED_NEURONS)
    first = f"run `dissect run {name}` first"
    if lacking := [table.name for table in tables if not lake.stamp(table, name)]:
        raise UserError(f"{name} has no table {lacking[0]} with today's columns: {first}.")
    if stale := {table.name for table in tables} & set(lake.stale_tables(name)):
        raise UserError(f"The table {min(stale)} of {name} is older than what it was made from: {first}.")
    if not lake.is_made_by(PRUNINGS, name, dissection.fingerprint(Home(lake.root.parent))):
        raise UserError(f"The dissection file of {name} has changed since its neurons to cut were chosen: {first}.")


def _no_such_cut(
    dissection: Dissection, of_concept: pl.DataFrame, strategy: str, seed: int, size_of: str | None
) -> str:
    """The sentence that says which cuts of a concept there are."""
    there = of_concept.filter(~pl.col("strategy").is_in(CONTROLS))
    sizes = there.filter(pl.col("strategy") == "random")["size_of"]
    of_random = (
        f"seeds of random are 0 to {dissection.pruning.seeds - 1} and its sizes those of "
        f"{', '.join(sorted(set(sizes)))}; "
        if len(sizes)
        else ""
    )
    return (
        f"{dissection.name} has no cut by strategy {strategy!r} with seed {seed}"
        + (f" and the size of {size_of!r}" if size_of else "")
        + f": write one of {', '.join(sorted(set(there['strategy'])))}; {of_random}others have seed 0 and one size."
    )


def _cut(dissection: Dissection, lake: Lake, concept: str, row: dict[str, Any]) -> Cut:
    """``row``: of the table ``prunings``."""
    is_cut = pl.all_horizontal(pl.col(name) == row[name] for name in PRUNINGS.key if name != "seed")
    chosen = lake.read(PRUNED_NEURONS, dissection.name).filter(is_cut & (pl.col("seed") == row["seed"]))
    neurons = lake.read(NEURONS, dissection.name).select(
        "neuron_id", "block_index", "sublayer", "layer_name", "neuron_index"
    )
    effects = None
    measured = {PRUNING_OUTCOMES.name, PRUNING_EFFECTS.name} & set(lake.stale_tables(dissection.name))
    if lake.stamp(PRUNING_EFFECTS, dissection.name) and not measured:
        effects = lake.read(PRUNING_EFFECTS, dissection.name).filter(is_cut)
    return Cut(
        dissection=dissection.name,
        concept=concept,
        strategy=row["strategy"],
        size_of=row["size_of"],
        seed=row["seed"],
        eligible_neurons=row["eligible_neurons"],
        neurons=chosen.join(neurons, on="neuron_id").sort("neuron_id").select(
            *neurons.columns, "reason", "score"
        ),
        effects=effects,
        target=lake.read(TARGETS, dissection.name).row(0, named=True),
        confidence=dissection.pruning.confidence,
    )  # fmt: skip
