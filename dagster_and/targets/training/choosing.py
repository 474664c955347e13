"""How much spectrograms are varied, and how long is trained, chosen on training clips."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import torch
from torch import Tensor

from dagster_and.devices.placement import ON_CPU, Placement
from dagster_and.targets.training.augmentation import STRENGTHS, Strength
from dagster_and.targets.training.fitting import Examples, fit, marked

FALLBACK: Strength = "light"
"""Where there are too few clips to judge by."""
FEWEST_JUDGED = 5
TRIAL_SHARE = 1 / 3
"""Epochs of a trial, of those of the training: three trials on three quarters of the clips take 3/4 of its time."""


EPOCHS = 25
"""Where none are given; trials of strengths are a share of them."""
EPOCHS_TRIED = (12, 25, 50)


@dataclass(frozen=True)
class Choice:
    """A strength, and the accuracy (0..1) that every one tried reached; none where there was too little to judge by."""

    strength: Strength
    accuracies: dict[Strength, float] = field(default_factory=dict)


def choose(
    make: Callable[[], Any], examples: Examples, judged: Tensor, epochs: int, seed: int, placement: Placement = ON_CPU
) -> Choice:
    """The strength with which a short training does best on clips of the training folds that it was kept from.

    Accuracy decides; of equals the lower cross-entropy.

    Args:
        make: gives the untrained network, the same one each time.
        examples: all that the network will be trained on.
        judged: bool "clip", as :func:`set_apart` gives it.
        epochs: of the training to come.
        seed: of order and augmentation.
        placement: where it is tried.
    """
    learned, judging = _split(examples, judged)
    if not _can_judge(learned, judging):
        return Choice(FALLBACK)
    marks: dict[Strength, tuple[float, float]] = {}
    for strength in STRENGTHS:
        model = make()
        label = f"trial with augmentation {strength}"
        fit(model, learned, max(1, round(epochs * TRIAL_SHARE)), seed, strength, label, placement)
        marks[strength] = marked(model, judging, placement)
    best = max(STRENGTHS, key=lambda strength: (marks[strength][0], -marks[strength][1]))
    return Choice(best, {strength: accuracy for strength, (accuracy, _) in marks.items()})


def choose_epochs(
    make: Callable[[], Any], examples: Examples, judged: Tensor, strength: Strength, seed: int,
    placement: Placement = ON_CPU,
) -> dict[int, float]:  # fmt: skip
    """The accuracy (0..1) that each number of epochs reaches on clips of the training folds that it was kept from.

    None where there is too little to judge by. Of equals the fewest is to be taken; so they stand in that order.

    Args:
        make: gives the untrained network, the same one each time.
        examples: all that the network will be trained on.
        judged: bool "clip", as :func:`set_apart` gives it.
        strength: how much spectrograms are varied.
        seed: of order and augmentation.
        placement: where it is tried.
    """
    learned, judging = _split(examples, judged)
    if not _can_judge(learned, judging):
        return {}
    found = {}
    for epochs in EPOCHS_TRIED:
        model = make()
        fit(model, learned, epochs, seed, strength, f"trial of {epochs} epochs", placement)
        found[epochs] = marked(model, judging, placement)[0]
    return found


def _split(examples: Examples, judged: Tensor) -> tuple[Examples, Examples]:
    """What is learned from, and what is judged by: clips of classes that were learned."""
    learned = examples.part(~judged)
    return learned, examples.part(judged & torch.isin(examples.classes, learned.classes))


def _can_judge(learned: Examples, judging: Examples) -> bool:
    return len(judging) >= FEWEST_JUDGED and learned.classes.unique().numel() >= 2


def set_apart(training: pl.DataFrame, seed: int) -> Tensor:
    """Which clips ("clip", bool) trials are judged on: the last of several folds, else a quarter of each class.

    A fold keeps together what belongs together (takes of one recording, words of one voice), so it is the better judge.
    """
    folds = training["fold"].unique().sort()
    if len(folds) > 1:
        return torch.tensor((training["fold"] == folds[-1]).to_list())
    place = pl.int_range(pl.len()).shuffle(seed).over("label")
    return torch.tensor(training.select(place % 4 == 3).to_series().to_list())
