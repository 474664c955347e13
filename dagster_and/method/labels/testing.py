"""Does a form hold on clips that did not choose it? Cross-fitting, and what is measured of it.

The parts are the folds, whole ones put together where there are more than five, or five seeded parts where there are no
two folds. For each part the form is chosen on the others and says which of this part's clips are meant. All parts' clips
together are then tested at once: no clip has a say in the form that speaks of it.

The interval is the wider of two: Hanley and McNeil's, which takes clips as independent, and a jackknife that leaves out
one part at a time (Student's t, one degree of freedom fewer than parts), which sees clips that come in groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dagster_and.method.labels.forms import Forms, Literals
from dagster_and.method.labels.order import Order
from dagster_and.method.labels.sample import effective, effective_size
from dagster_and.method.labels.search import Found, search
from dagster_and.method.statistics.auroc import auroc_interval, mann_whitney_p

PARTS = 5
Measured = dict[str, np.ndarray]
"""Columns of ``neuron_labels``, each "neuron"."""


@dataclass(frozen=True)
class Neurons:
    """Some neurons: the order of their clips, and their activation above its median, both "neuron clip"."""

    order: Order
    carried: np.ndarray

    @classmethod
    def of(cls, activation: np.ndarray) -> "Neurons":
        """Of finite activations "neuron clip". Where nothing lies above the median, what lies above the minimum."""
        above = np.maximum(activation - np.median(activation, axis=1, keepdims=True), 0)
        over = activation - activation.min(axis=1, keepdims=True)
        carried = np.where(above.any(axis=1, keepdims=True), above, over)
        return cls(Order.of(activation), carried.astype(np.float32))

    def rows(self, chosen: np.ndarray) -> "Neurons":
        """Some of them."""
        return Neurons(self.order.rows(chosen), self.carried[chosen])


@dataclass(frozen=True)
class Fitted:
    """Forms chosen on all clips (``found``) and on all parts but one (``by_part``), and the cross-fitted ``truth``.

    ``truth``: bool "neuron clip".
    """

    found: Found
    by_part: list[Forms]
    truth: np.ndarray


def parts_of(folds: Sequence[int | None], seed: int = 0) -> np.ndarray:
    """The part of every clip, 0..; "clip"."""
    from dagster_and.method.statistics.ridge import split_of

    return np.unique(split_of(folds, PARTS, seed), return_inverse=True)[1] % PARTS


def cross_fitted(neurons: Neurons, literals: Literals, parts: np.ndarray) -> Fitted:
    """Forms for all clips."""
    everything = np.ones(len(parts), dtype=bool)
    by_part, truth = [], np.zeros(neurons.carried.shape, dtype=bool)
    for part in range(parts.max() + 1):
        found = search(neurons.order, parts != part, neurons.carried, literals)
        by_part.append(found.forms)
        truth[:, parts == part] = found.forms.truth(literals.rows[:, parts == part])
    return Fitted(search(neurons.order, everything, neurons.carried, literals), by_part, truth)


def cross_fitted_outside(
    neurons: Neurons, literals: Literals, parts: np.ndarray, first: Fitted, kin: np.ndarray
) -> Fitted:
    """Forms for the clips where the first forms don't hold, of atoms that are no kin of theirs.

    Args:
        neurons: that the first forms are of.
        literals: what forms can be made of.
        parts: of every clip.
        first: the first forms; where one was chosen without a part, the clips outside it are those that it denies.
        kin: a number for each atom; those with the same number are kin.
    """
    by_part, truth = [], np.zeros(neurons.carried.shape, dtype=bool)
    for part, forms in enumerate([*first.by_part, first.found.forms]):
        outside = ~forms.truth(literals.rows)
        is_last = part == len(first.by_part)
        members = outside if is_last else outside & (parts != part)
        found = search(neurons.order, members, neurons.carried, literals, barred=_barred(forms, kin))
        if is_last:
            return Fitted(found, by_part, truth)
        by_part.append(found.forms)
        here = parts == part
        truth[:, here] = found.forms.truth(literals.rows[:, here]) & outside[:, here]
    raise AssertionError("there is a last one")


def _barred(forms: Forms, kin: np.ndarray) -> np.ndarray:
    """Literals whose atom is kin to one of the form's: bool "neuron literal"."""
    own = np.append(np.tile(kin, 2), [-1, -1])[forms.literals]
    return np.tile((own[..., None] == kin).any(axis=1), 2)


def tested(neurons: Neurons, truth: np.ndarray, members: np.ndarray, parts: np.ndarray) -> Measured:
    """AUROC with interval and p value, and how the clips of the form and those of the neuron meet.

    Args:
        neurons: that the truth is about.
        truth: cross-fitted, bool "neuron clip".
        members: the clips that count, bool "clip", or "neuron clip".
        parts: of every clip.
    """
    truth = truth & members
    ranks = neurons.order.ranks(members)
    size, clips = truth.sum(axis=1), np.broadcast_to(members.sum(axis=-1), len(truth))
    area = _area(ranks, truth, clips)
    ties = np.rint(clips * (clips**2.0 - 1) - 12 * np.square(ranks, dtype=np.float64).sum(axis=1))
    low, high = auroc_interval(area, np.maximum(size, 1), np.maximum(clips - size, 1))
    reach = _jackknife(neurons.order, truth, members, parts)
    return {
        "auroc": area,
        "auroc_low": np.minimum(low, np.maximum(area - reach, 0)),
        "auroc_high": np.maximum(high, np.minimum(area + reach, 1)),
        "p_value": mann_whitney_p(area, size, clips - size, ties),
        **_overlap(neurons.carried, ranks, truth, members),
        "clips": clips,
    }


def _area(ranks: np.ndarray, truth: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """AUROC from ranks less their mean; NaN where a side is empty."""
    size = truth.sum(axis=1)
    pairs = size * (clips - size)
    summed = np.where(truth, ranks, 0).sum(axis=1, dtype=np.float64)
    return np.where(pairs > 0, 0.5 + summed / np.maximum(pairs, 1), np.nan)


def _jackknife(order: Order, truth: np.ndarray, members: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Half the width of the 95 % interval; infinite where a part holds all clips of either side."""
    from scipy.stats import t as student

    count = int(parts.max()) + 1
    without = []
    for part in range(count):
        left = members & (parts != part)
        clips = np.broadcast_to(left.sum(axis=-1), len(truth))
        without.append(_area(order.ranks(left), truth & left, clips))
    areas = np.stack(without)
    error = np.sqrt((count - 1) * np.square(areas - areas.mean(axis=0)).mean(axis=0))
    return np.where(np.isnan(error), np.inf, float(student.ppf(0.975, count - 1)) * error)


def _overlap(carried: np.ndarray, ranks: np.ndarray, truth: np.ndarray, members: np.ndarray) -> Measured:
    """Of the clips that count; but the share of the activation is that of all clips, so that modes add up."""
    counted = np.where(members, carried, 0)
    own = effective(ranks, counted, np.asarray(members.sum(axis=-1, keepdims=True)))
    hits, total = (own & truth).sum(axis=1), carried.sum(axis=1, dtype=np.float64)
    held = np.where(truth, carried, 0).sum(axis=1, dtype=np.float64)
    return {
        "iou": hits / np.maximum((own | truth).sum(axis=1), 1),
        "accounts_for": held / np.where(total > 0, total, 1.0),
        "precision": hits / np.maximum(own.sum(axis=1), 1),
        "effective_clips": effective_size(counted)[:, 0],
    }
