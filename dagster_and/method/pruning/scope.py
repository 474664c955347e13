"""What pruning speaks of: which concepts, which neurons, which clips. Looked at before any work, too."""

from collections.abc import Sequence

import polars as pl

from dagster_and.foundation.errors import UserError
from dagster_and.method.text.names import class_of, why_wordless, wordless

NO_CLASS = "the concept names no class of the target, so there is no logit to watch"


def pruned_concepts(wanted: Sequence[str] | str, concepts: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    """concept_id, concept, label and obstacle (why it can't be pruned, or null) of every concept that is asked for.

    Args:
        wanted: names of concepts, or ``all``.
        concepts: the table ``concepts``.
        classes: the target's classes.

    Raises:
        UserError: a concept that is wanted is none of the set, or names no class.
    """
    labels = [class_of(concept, classes) for concept in concepts["concept"]]
    known = concepts.with_columns(label=pl.Series(labels, dtype=pl.String)).sort("concept_id")
    if wanted != "all":
        check_named(wanted, known["concept"].to_list(), classes)
        chosen = [class_of(name, known["concept"]) for name in wanted]
        known = known.filter(pl.col("concept").is_in(chosen))
    rows = known.select("concept", "label").iter_rows()
    obstacles = [None if label is not None else no_class(concept, classes) for concept, label in rows]
    return known.select("concept_id", "concept", "label", obstacle=pl.Series(obstacles, dtype=pl.String))


def no_class(concept: str, classes: Sequence[str]) -> str:
    """That a concept names no class, and why, where it is a matter of names without words."""
    reason = why_wordless(concept)
    if reason is None and classes and len(wordless(classes)) == len(classes):
        reason = f"its classes have no words, for {why_wordless(classes[0])}"
    return f"{NO_CLASS}: {reason}" if reason else NO_CLASS


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


def eligible_neurons(
    neurons: pl.DataFrame, sublayers: Sequence[str] | None, blocks: Sequence[int] | None
) -> pl.DataFrame:
    """Rows of ``neurons`` that may be cut: of the chosen sublayers and blocks (None: of all), never the head.

    Raises:
        UserError: a sublayer or block is not there.
    """
    body = neurons.filter(pl.col("sublayer") != "head")
    for field, column, wanted in (("sublayers", "sublayer", sublayers), ("blocks", "block_index", blocks)):
        there = body[column].unique(maintain_order=True).to_list()
        missing = [item for item in wanted or () if item not in there]
        if missing:
            hint = "; the head is always spared" if "head" in missing else ""
            raise UserError(
                f"pruning.{field} names {missing[0]!r}, but the target's are {', '.join(map(str, there))}{hint}."
            )
    if sublayers:
        body = body.filter(pl.col("sublayer").is_in(list(sublayers)))
    return body.filter(pl.col("block_index").is_in(list(blocks))) if blocks else body


def held_out_clips(clips: pl.DataFrame, classes: Sequence[str], fold: int | None) -> pl.DataFrame:
    """Rows of ``probing_clips`` to measure on: of the held-out fold, of a class that the target knows; maybe none."""
    known = clips.filter(pl.col("label").is_in(list(classes))).sort("clip_id")
    return known.filter(pl.col("fold") == fold) if fold is not None else known.clear()


def training_clips(clips: pl.DataFrame, fold: int | None, training_folds: Sequence[int]) -> pl.Series | None:
    """For every clip whether it is of a training fold, in the order of clip_id; None where no fold is held out.

    Args:
        clips: the table ``probing_clips``.
        fold: the held-out one.
        training_folds: those that the target was trained on; empty for all others.
    """
    if fold is None:
        return None
    column = clips.sort("clip_id")["fold"]
    seen = column.is_in(list(training_folds)) if training_folds else column.is_not_null()
    return (seen & (column != fold)).fill_null(False)
