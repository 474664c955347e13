"""An unlearned network to take away: the pruned target saved as it was found, with a card that says what was cut."""

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.dissection import Dissection
from dagster_and.errors import UserError
from dagster_and.lake import Lake
from dagster_and.method.names import class_of
from dagster_and.method.pruning import CONTROLS
from dagster_and.method.tables import (
    CONCEPTS,
    NEURONS,
    PRUNED_NEURONS,
    PRUNING_EFFECTS,
    PRUNING_OUTCOMES,
    PRUNINGS,
    TARGETS,
)
from dagster_and.pruning.card import Cut, card


def find_cut(dissection: Dissection, lake: Lake, concept: str, strategy: str, seed: int = 0) -> Cut:
    """The neurons that one strategy cuts for one concept, and what that costs as far as it has been measured.

    Raises:
        UserError: the room has not been run or is out of date, there is no such concept, strategy or seed, or nothing
            is cut; says why.
    """
    stale = set(lake.stale_tables(dissection.name)) & {PRUNINGS.name, PRUNED_NEURONS.name}
    if stale:
        raise UserError(
            f"The table {min(stale)} of {dissection.name} is older than what it was made from: run "
            f"`dissect run {dissection.name}` first."
        )
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
    if cut.is_empty() or strategy in CONTROLS:
        there = sorted(set(of_concept["strategy"]) - set(CONTROLS))
        raise UserError(
            f"{dissection.name} has no cut by strategy {strategy!r} with seed {seed}: write one of {', '.join(there)}; "
            f"seeds of random are 0 to {dissection.pruning.seeds - 1}, of the others 0."
        )
    if not cut["neurons"][0]:
        raise UserError(f"{strategy} cuts nothing for the concept {found!r}: {cut['note'][0]}.")
    return _cut(dissection, lake, row, strategy, seed, cut["eligible_neurons"][0])


def export(cut: Cut, target: Any, folder: Path, revision: str | None = None) -> Path:
    """Save the pruned network to a new folder, atomically: the folder is whole, or not there.

    A transformers network is saved with its feature extractor as ``from_pretrained`` reads it; any other as
    ``model.safetensors``, its state dict. ``target`` is left pruned;
    ``revision`` is the hub's, for the feature extractor.

    Raises:
        UserError: the folder is there already.
    """
    from dagster_and.targets.cutting import cut as cut_for_good
    from dagster_and.targets.evaluating import rows_of

    if folder.exists():
        raise UserError(f"{folder} is there already: write the path of a new folder.")
    cut_for_good(target.model, rows_of(cut.neurons))
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.absolute().with_name(f".{folder.name}.{uuid.uuid4().hex}")
    try:
        _save(target, temporary, revision)
        cut.neurons.write_csv(temporary / "pruned_neurons.csv")
        (temporary / "README.md").write_text(card(cut), encoding="utf-8")
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _save(target: Any, folder: Path, revision: str | None) -> None:
    from dagster_and.targets.quiet import quiet_transformers

    save: Callable[[Path], Any] | None = getattr(target.model, "save_pretrained", None)
    if save is None:
        from safetensors.torch import save_file

        folder.mkdir(parents=True)
        state = {name: tensor.detach().clone().contiguous() for name, tensor in target.model.state_dict().items()}
        save_file(state, folder / "model.safetensors")
        return
    from transformers import AutoFeatureExtractor

    with quiet_transformers():
        save(folder)
        extractor = AutoFeatureExtractor.from_pretrained(target.checkpoint, revision=revision, trust_remote_code=False)
        extractor.save_pretrained(folder)


def _cut(dissection: Dissection, lake: Lake, concept: dict, strategy: str, seed: int, eligible: int) -> Cut:
    is_cut = (pl.col("strategy") == strategy) & (pl.col("concept_id") == concept["concept_id"])
    chosen = lake.read(PRUNED_NEURONS, dissection.name).filter(is_cut & (pl.col("seed") == seed))
    neurons = lake.read(NEURONS, dissection.name).select(
        "neuron_id", "block_index", "sublayer", "layer_name", "neuron_index"
    )
    effects = None
    measured = {PRUNING_OUTCOMES.name, PRUNING_EFFECTS.name} & set(lake.stale_tables(dissection.name))
    if lake.stamp(PRUNING_EFFECTS, dissection.name) and not measured:
        effects = lake.read(PRUNING_EFFECTS, dissection.name).filter(is_cut)
    return Cut(
        dissection=dissection.name,
        concept=concept["concept"],
        strategy=strategy,
        seed=seed,
        eligible_neurons=eligible,
        neurons=chosen.join(neurons, on="neuron_id").sort("neuron_id").select(
            *neurons.columns, "reason", "score"
        ),
        effects=effects,
        target=lake.read(TARGETS, dissection.name).row(0, named=True),
        confidence=dissection.pruning.confidence,
    )  # fmt: skip
