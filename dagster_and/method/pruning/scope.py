"""What a dissection's pruning speaks of: which concepts, which neurons, which clips. Looked at before any work, too."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import Dissection, Embedded
from dagster_and.foundation.errors import UserError
from dagster_and.method.text.names import class_of

if TYPE_CHECKING:
    from dagster_and.targets.target import Target

NO_CLASS = "the concept names no class of the target, so there is no logit to watch"


def pruned_concepts(dissection: Dissection, concepts: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    """concept_id, concept, label and obstacle (why it can't be pruned, or null) of every concept that is asked for.

    Args:
        dissection: its pruning.concepts says which.
        concepts: the table ``concepts``.
        classes: the target's classes.

    Raises:
        UserError: a concept that the file names is none of the set, or names no class.
    """
    labels = [class_of(concept, classes) for concept in concepts["concept"]]
    known = concepts.with_columns(label=pl.Series(labels, dtype=pl.String)).sort("concept_id")
    wanted = dissection.pruning.concepts
    if wanted != "all":
        check_named(wanted, known["concept"].to_list(), classes)
        chosen = [class_of(name, known["concept"]) for name in wanted]
        known = known.filter(pl.col("concept").is_in(chosen))
    obstacle = pl.when(pl.col("label").is_null()).then(pl.lit(NO_CLASS))
    return known.select("concept_id", "concept", "label", obstacle=obstacle)


def check_named(wanted: Sequence[str], concepts: Sequence[str], classes: Sequence[str]) -> None:
    """Refuse concepts that can't be pruned.

    Raises:
        UserError: says which, and what to write instead.
    """
    for name in wanted:
        if class_of(name, concepts) is None:
            raise UserError(
                f"pruning.concepts names {name!r}, which is not in the concept set: write all, or some of "
                f"{', '.join(concepts)}."
            )
        if class_of(name, classes) is None:
            raise UserError(
                f"pruning.concepts names {name!r}, which is no class of the target, so there is no logit to watch: "
                f"write all, or some of {', '.join(classes)}."
            )


def class_labels(neurons: pl.DataFrame) -> list[str]:
    """The target's classes in the order of its logits, from the table ``neurons``."""
    return neurons.filter(pl.col("class_label").is_not_null()).sort("neuron_index")["class_label"].to_list()


def eligible_neurons(dissection: Dissection, neurons: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``neurons`` that may be cut: of the chosen sublayers and blocks, never the head.

    Raises:
        UserError: a sublayer or block is not there.
    """
    body = neurons.filter(pl.col("sublayer") != "head")
    section = dissection.pruning
    for field, column, wanted in (
        ("sublayers", "sublayer", section.sublayers),
        ("blocks", "block_index", section.blocks),
    ):
        there = body[column].unique(maintain_order=True).to_list()
        missing = [item for item in wanted or () if item not in there]
        if missing:
            hint = "; the head is always spared" if "head" in missing else ""
            raise UserError(
                f"pruning.{field} names {missing[0]!r}, but the target's are {', '.join(map(str, there))}{hint}."
            )
    if section.sublayers:
        body = body.filter(pl.col("sublayer").is_in(section.sublayers))
    return body.filter(pl.col("block_index").is_in(section.blocks)) if section.blocks else body


def check_cuttable(target: "Target", neurons: pl.DataFrame) -> None:
    """Refuse neurons of layers that can't be cut, as those of norms, activations and recurrent layers.

    Args:
        target: the network, with or without its weights.
        neurons: rows of ``neurons`` that may be cut.

    Raises:
        UserError: says which layer, and what to write instead.
    """
    from dagster_and.targets.cutting.cutting import CUTTABLE, obstacle

    asked = set(neurons["layer_name"])
    obstacles = {layer.name: obstacle(target.model, layer) for layer in target.layers if layer.name in asked}
    for name, why in obstacles.items():
        if why:
            others = ", ".join(other for other, none in obstacles.items() if none is None) or "none of them"
            raise UserError(
                f"pruning can't cut {name}, which {why}: {CUTTABLE}. Name what can be cut ({others}) by "
                f"pruning.sublayers or pruning.blocks, or leave {name} out of the layers; without a held_out_fold all "
                "layers are recorded and nothing is cut."
            )


def held_out_fold(dissection: Dissection) -> int | None:
    """The fold to measure on; None where nobody has said which the target did not see."""
    named = dissection.pruning.held_out_fold
    return dissection.target.held_out_fold if named is None else named


def folds(dissection: Dissection) -> list[Any]:
    """All settings that say which clips are held out and which trained on."""
    target = dissection.target
    training = list(target.training_folds or ()) if isinstance(target, Embedded) else []
    return [held_out_fold(dissection), training]


def check_fold(dissection: Dissection, folds: Sequence[int | None]) -> str:
    """What the measurement will run on, in words.

    Raises:
        UserError: the fold is not in the probing set.
    """
    fold = held_out_fold(dissection)
    if fold is None:
        return "not measured, since target.held_out_fold is not given"
    count = sum(f == fold for f in folds)
    if not count:
        section = "target" if dissection.pruning.held_out_fold is None else "pruning"
        known = sorted({f for f in folds if f is not None})
        there = f"its folds are {known}" if known else "it has none (put the class folders into fold1, fold2, ...)"
        raise UserError(f"{section}.held_out_fold is {fold}, but the probing set lacks it: {there}.")
    return f"measured on {count} clips of fold {fold}"


def held_out_clips(dissection: Dissection, clips: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    """Rows of ``probing_clips`` to measure on: of the held-out fold, of a class that the target knows; maybe none."""
    fold = held_out_fold(dissection)
    known = clips.filter(pl.col("label").is_in(list(classes))).sort("clip_id")
    return known.filter(pl.col("fold") == fold) if fold is not None else known.clear()


def training_clips(dissection: Dissection, clips: pl.DataFrame) -> pl.Series | None:
    """For every clip whether it is of a training fold, in the order of clip_id; None where no fold is held out."""
    fold = held_out_fold(dissection)
    if fold is None:
        return None
    section = dissection.target
    named = section.training_folds if isinstance(section, Embedded) else None
    column = clips.sort("clip_id")["fold"]
    seen = column.is_in(list(named)) if named else column.is_not_null()
    return (seen & (column != fold)).fill_null(False)
