"""The forms that were chosen without each part: what they are, how they do there, and how far they agree.

A label that another draw of clips would have chosen, too, is one that all parts choose, or nearly: forms that say the
same of all clips agree, whatever they are called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from dagster_and.method.labels.choice import groups
from dagster_and.method.labels.forms import Forms, Literals
from dagster_and.method.labels.order import Order


@dataclass(frozen=True)
class Parts:
    """What was chosen without each part.

    ``forms``: of every part; ``others``: those that they are joined with by OR, none where there are none; ``auroc``:
    of either on its part, NaN where it holds on none of its clips or on all ("part neuron"); ``form_clips``: on how
    many of them it holds ("part neuron").
    """

    forms: Sequence[Forms]
    others: Sequence[Forms]
    auroc: np.ndarray
    form_clips: np.ndarray


def parted(
    order: Order, forms: Sequence[Forms], others: Sequence[Forms], literals: Literals, parts: np.ndarray
) -> Parts:
    """The forms of every part, tested on it.

    Args:
        order: of the activation.
        forms: chosen without each part.
        others: what they are joined with by OR; empty for nothing.
        literals: of all clips.
        parts: of every clip.
    """
    truth, areas, sizes = truths(forms, others, literals), [], []
    for part, own in enumerate(truth):
        here = parts == part
        ranked, meant = order.within(here), own[:, here]
        size, everything = meant.sum(axis=1), np.ones(meant.shape[1], dtype=bool)
        fires = ranked.fires(everything)[:, 0]
        first, second = groups(size, here.sum() - size, fires)
        is_tested = (np.minimum(size, here.sum() - size) > 0) & ((fires > 0) | ~order.is_firing)
        pairs = np.where(is_tested, first * second, 0)
        summed = np.where(meant, ranked.ranks(everything), 0).sum(axis=1, dtype=np.float64)
        areas.append(np.where(pairs > 0, 0.5 + summed / np.maximum(pairs, 1), np.nan))
        sizes.append(size)
    return Parts(forms, others, np.stack(areas), np.stack(sizes))


def truths(forms: Sequence[Forms], others: Sequence[Forms], literals: Literals) -> np.ndarray:
    """Of which clips the form of each part holds, or the other one: bool "part neuron clip"."""
    held = np.stack([own.truth(literals.rows) for own in forms])
    return held | np.stack([own.truth(literals.rows) for own in others]) if others else held


def agreement(truth: np.ndarray) -> np.ndarray:
    """Mean intersection over union over all pairs of parts, "neuron"; two forms that hold on no clip have 0.

    Args:
        truth: bool "part neuron clip".
    """
    shared = [
        (truth[a] & truth[b]).sum(axis=1) / np.maximum((truth[a] | truth[b]).sum(axis=1), 1)
        for a, b in combinations(range(len(truth)), 2)
    ]
    return np.mean(shared, axis=0)
