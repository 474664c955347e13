"""Augmentation is chosen by what it does for clips that trials are kept from, and only where there are some."""

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from dagster_and.targets.training.choosing import EPOCHS_TRIED, FALLBACK, choose, choose_epochs, set_apart
from dagster_and.targets.training.fitting import Examples


class _Output:
    def __init__(self, logits: torch.Tensor):
        self.logits = logits


class Probe(nn.Module):
    """A linear classifier of whole spectrograms."""

    def __init__(self, frames: int, bands: int, classes: int):
        super().__init__()
        self.linear = nn.Linear(frames * bands, classes)

    def forward(self, input_values: torch.Tensor) -> _Output:
        return _Output(self.linear(input_values.flatten(1)))


def make() -> Probe:
    torch.manual_seed(0)
    return Probe(24, 8, 3)


def events(clips: int = 60) -> Examples:
    """The class is when something sounds: a circular shift destroys it."""
    random = np.random.default_rng(0)
    classes = np.arange(clips) % 3
    spectrograms = random.normal(0, 0.3, (clips, 24, 8)).astype(np.float32)
    for clip, kind in enumerate(classes):
        spectrograms[clip, 8 * kind + 2 : 8 * kind + 5] += 2
    return Examples(torch.from_numpy(spectrograms), torch.full((clips,), 24), torch.from_numpy(classes))


def last(count: int, of: int) -> torch.Tensor:
    return torch.arange(of) >= of - count


def test_where_order_in_time_tells_classes_apart_the_circular_shift_is_not_chosen():
    choice = choose(make, events(), last(15, of=60), epochs=300, seed=0)
    assert choice.strength != "strong"
    assert choice.accuracies["strong"] < 0.8 < choice.accuracies[choice.strength]


@pytest.mark.parametrize("judged", [0, 4])
def test_too_few_clips_to_judge_by_choose_nothing(judged: int):
    choice = choose(make, events(), last(judged, of=60), epochs=3, seed=0)
    assert (choice.strength, choice.accuracies) == (FALLBACK, {})


def test_epochs_are_judged_on_what_was_set_apart_and_too_few_clips_choose_none():
    examples = events()
    shuffled = Examples(examples.spectrograms, examples.frames, torch.roll(examples.classes, 1))
    mixed = torch.arange(60) >= 45
    examples = Examples(
        torch.where(mixed[:, None, None], shuffled.spectrograms, examples.spectrograms), examples.frames,
        torch.where(mixed, shuffled.classes, examples.classes),
    )  # fmt: skip
    found = choose_epochs(make, examples, last(15, of=60), "none", seed=0)
    assert tuple(found) == EPOCHS_TRIED
    assert found[50] < 0.34  # the longer it learns the 45 others, the surer it is wrong of those
    assert choose_epochs(make, examples, last(4, of=60), "none", seed=0) == {}


def test_a_class_that_trials_never_heard_is_not_judged():
    examples = events()
    judged = examples.classes == 2
    assert choose(make, examples, judged, epochs=3, seed=0).accuracies == {}


def test_trials_are_judged_on_the_last_fold():
    training = pl.DataFrame({"label": ["a", "b"] * 3, "fold": [1, 2, 4, 4, 2, 1]})
    assert set_apart(training, 0).tolist() == [False, False, True, True, False, False]


def test_of_a_single_fold_a_quarter_of_each_class_is_set_apart():
    training = pl.DataFrame({"label": ["a"] * 8 + ["b"] * 12, "fold": [1] * 20})
    apart = (
        training.with_columns(apart=pl.Series(set_apart(training, 0).tolist())).group_by("label").agg(pl.sum("apart"))
    )
    assert dict(apart.rows()) == {"a": 2, "b": 3}
    assert torch.equal(set_apart(training, 0), set_apart(training, 0))
