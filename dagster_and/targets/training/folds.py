"""Which clips an embedded network is trained on, which it is judged on, and what guessing would reach."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from dagster_and.dissection import Embedded
from dagster_and.foundation.errors import UserError


def split(clips: pl.DataFrame, section: Embedded) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The clips to train on and the held-out ones.

    Raises:
        UserError: the probing set has no folds or lacks a named one, or there is but one class to train on.
    """
    folds = sorted(clips["fold"].drop_nulls().unique().to_list())
    if section.held_out_fold not in folds:
        raise lacking("target", section.held_out_fold, folds)
    training_folds = section.training_folds or tuple(f for f in folds if f != section.held_out_fold)
    missing = [fold for fold in training_folds if fold not in folds]
    if missing:
        raise UserError(f"target.training_folds names {missing}, but the probing set's folds are {folds}.")
    training = clips.filter(pl.col("fold").is_in(training_folds))
    if training["label"].n_unique() < 2:
        raise UserError("The embedded target needs clips of at least two classes in its training folds.")
    return training, clips.filter(pl.col("fold") == section.held_out_fold)


def commonest_share(clips: pl.DataFrame) -> float | None:
    """Share of the commonest label, 0..1: the accuracy of always answering it; None without clips."""
    return max(Counter(clips["label"]).values()) / clips.height if clips.height else None


def split_in_words(training: pl.DataFrame, held_out: pl.DataFrame, section: Embedded) -> str:
    """How many clips :func:`split` gave to either side."""
    return f"trained on {training.height} clips, {held_out.height} held out (fold {section.held_out_fold})"


def lacking(section: str, fold: int, folds: Sequence[int]) -> UserError:
    """That the fold which a section of the dissection file holds out is none of the probing set's."""
    none = "it has none (put the class folders into fold1, fold2, ..., or write probing.folds: 5)"
    has = f"its folds are {folds}" if folds else none
    return UserError(f"{section}.held_out_fold is {fold}, but the probing set lacks it: {has}.")
