"""Does a form hold on clips that did not choose it? Cross-fitting, and what is measured of it.

The parts are the folds, whole ones put together where there are more than five, or five seeded parts where there are
no two folds. For each part the form is chosen on the others, and says which of this part's clips are meant.

The AUROC counts pairs of clips of one part only. A clip of another part had its say in the form that speaks here, and
pairs across parts would be right by choice: noise would pass. Nor would levels that differ by part count as a finding.
The p value is Mann and Whitney's, summed over parts (van Elteren 1960), and where all that counts is on which clips a
neuron fires (:mod:`.order`), Fisher's exact one.

The interval is the wider of two: Newcombe's, ties considered, which takes clips as independent, and a jackknife that
leaves out one part at a time (Student's t, one degree of freedom fewer than parts), which sees clips that come in
groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dagster_and.method.labels.choice import groups
from dagster_and.method.labels.forms import Forms, Literals
from dagster_and.method.labels.order import Order, firing_clips
from dagster_and.method.labels.sample import effective, effective_size
from dagster_and.method.labels.search import Found, search, search_narrow
from dagster_and.method.statistics.auroc import SMALLEST_GROUP, auroc_interval

PARTS = 5
RESTING_HIGH = 0.9
"""Share of the squares about the median."""
ALPHA = 0.05
Measured = dict[str, np.ndarray]
"""Columns of ``neuron_labels``, each "neuron"."""


@dataclass(frozen=True)
class Neurons:
    """Some neurons: the order of their clips, and their activation above its median, both "neuron clip".

    ``is_resting_high``: whether what lies below the median holds most of the squares about it: a neuron that is active
    on all but a few clips. Bool "neuron". ``firing``: the clips that selective neurons fire on, none of others, bool
    "neuron clip".
    """

    order: Order
    carried: np.ndarray
    is_resting_high: np.ndarray
    firing: np.ndarray

    @classmethod
    def of(cls, activation: np.ndarray) -> "Neurons":
        """Of finite activations "neuron clip". Where nothing lies above the median, what lies above the minimum."""
        about = activation - np.median(activation, axis=1, keepdims=True)
        above, below = np.maximum(about, 0), np.maximum(-about, 0)
        high, low = (np.square(side).sum(axis=1, dtype=np.float64) for side in (above, below))
        over = activation - activation.min(axis=1, keepdims=True)
        carried = np.where(above.any(axis=1, keepdims=True), above, over)
        return cls(
            Order.of(activation),
            carried.astype(np.float32),
            low > RESTING_HIGH * (low + high),
            firing_clips(activation),
        )

    def rows(self, chosen: np.ndarray) -> "Neurons":
        """Some of them."""
        return Neurons(self.order.rows(chosen), self.carried[chosen], self.is_resting_high[chosen], self.firing[chosen])

    def as_they_fire(self, chosen: np.ndarray) -> "Neurons":
        """The same; of the chosen ones, bool "neuron", all that counts is on which clips they fire."""
        return replace(self, order=Order.of_firing(self.firing).where(chosen, self.order))


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


def cross_fitted(neurons: Neurons, literals: Literals, parts: np.ndarray) -> tuple[Fitted, Fitted]:
    """Narrow forms for all clips, and wide ones."""
    everything = np.ones(len(parts), dtype=bool)
    chosen = [search(neurons.order, parts != part, neurons.carried, literals) for part in range(parts.max() + 1)]
    whole = search(neurons.order, everything, neurons.carried, literals)
    fitted = []
    for found, by_part in zip(whole, zip(*chosen, strict=True), strict=True):
        forms = [one.forms for one in by_part]
        fitted.append(Fitted(found, forms, _spoken_by_part(forms, literals, parts)))
    narrow, wide = fitted
    return narrow, wide


def _spoken_by_part(forms: list[Forms], literals: Literals, parts: np.ndarray) -> np.ndarray:
    """The truth of every clip by the form that was chosen without its part: bool "neuron clip"."""
    truth = np.zeros((len(forms[0].literals), len(parts)), dtype=bool)
    for part, own in enumerate(forms):
        here = parts == part
        truth[:, here] = own.truth(literals.rows[:, here])
    return truth


def cross_fitted_outside(neurons: Neurons, literals: Literals, parts: np.ndarray, first: Fitted) -> Fitted:
    """Narrow forms for the clips where the first forms don't hold, of atoms that are no kin of theirs.

    Args:
        neurons: that the first forms are of.
        literals: what forms can be made of.
        parts: of every clip.
        first: the first forms; where one was chosen without a part, the clips outside it are those that it denies.
    """
    by_part, truth = [], np.zeros(neurons.carried.shape, dtype=bool)
    for part, forms in enumerate([*first.by_part, first.found.forms]):
        outside = ~forms.truth(literals.rows)
        is_last = part == len(first.by_part)
        members = outside if is_last else outside & (parts != part)
        found = search_narrow(neurons.order, members, neurons.carried, literals, _barred(forms, literals))
        if is_last:
            return Fitted(found, by_part, truth)
        by_part.append(found.forms)
        here = parts == part
        truth[:, here] = found.forms.truth(literals.rows[:, here]) & outside[:, here]
    raise AssertionError("there is a last one")


def _barred(forms: Forms, literals: Literals) -> np.ndarray:
    """Literals whose atom is kin to one of the form's: bool "neuron literal"."""
    own = literals.families[forms.literals]
    return (own[..., None] == literals.families[:-2]).any(axis=1)


def scored(neurons: Neurons, truth: np.ndarray, members: np.ndarray, parts: np.ndarray, choices: int = 1) -> Measured:
    """AUROC with interval and p value, and how the clips of the form and those of the neuron meet.

    Args:
        neurons: that the truth is about.
        truth: cross-fitted, bool "neuron clip".
        members: the clips that count, bool "clip", or "neuron clip".
        parts: of every clip.
        choices: of so many forms the better one will be taken; p value and interval make up for it (Bonferroni).
    """
    truth = truth & members
    sums = _by_part(neurons.order, truth, members, parts)
    size, clips = truth.sum(axis=1), np.broadcast_to(members.sum(axis=-1), len(truth))
    pairs, excess = sums.pairs.sum(axis=0), sums.wins.sum(axis=0) - sums.pairs.sum(axis=0) / 2
    area, confidence = _ratio(sums.wins.sum(axis=0), pairs), 1 - ALPHA / choices
    fires = neurons.order.fires(members)[:, 0]
    low, high = _interval(area, sums, *groups(size, clips - size, fires), confidence)
    reach = np.where(neurons.order.is_firing, 0, _jackknife(sums.wins, sums.pairs, confidence))
    p = _p(excess, sums.by_chance.sum(axis=0), np.minimum(size, clips - size))
    hits = (neurons.order.firing & truth).sum(axis=1)
    p = np.where(neurons.order.is_firing, _fisher(hits, fires, size, clips), p)
    return {
        "auroc": area,
        "auroc_low": np.minimum(low, np.maximum(area - reach, 0)),
        "auroc_high": np.maximum(high, np.minimum(area + reach, 1)),
        "p_value": np.minimum(choices * p, 1.0),
        **_overlap(neurons.carried, neurons.order.ranks(members), truth, members),
        "clips": clips,
    }


@dataclass(frozen=True)
class _Sums:
    """Of each part, "part neuron": pairs of a clip of the form and another in which the former lies higher (``wins``),

    all ``pairs``, the variance of the first where nothing but chance decides (``by_chance``), the same if no two
    activations were equal (``if_untied``), and its variance as the clips were drawn (``drawn``).
    """

    wins: np.ndarray
    pairs: np.ndarray
    by_chance: np.ndarray
    if_untied: np.ndarray
    drawn: np.ndarray


def _by_part(order: Order, truth: np.ndarray, members: np.ndarray, parts: np.ndarray) -> _Sums:
    found = []
    for part in range(parts.max() + 1):
        here = parts == part
        own, counted, meant = order.within(here), members[..., here], truth[:, here]
        ranks = own.ranks(counted).astype(np.float64)
        clips = np.broadcast_to(counted.sum(axis=-1), len(truth)).astype(np.float64)
        size = meant.sum(axis=1)
        fires = own.fires(counted)[:, 0]
        first, second = groups(size, clips - size, fires)
        pairs = np.where(order.is_firing & (fires == 0), 0, first * second)
        wins = np.where(meant, ranks, 0).sum(axis=1) + pairs / 2
        spread = np.einsum("nc,nc->n", ranks, ranks) / np.maximum(clips * (clips - 1), 1)
        by_chance, if_untied = size * (clips - size) * spread, pairs * (clips + 1) / 12
        error = own.error_of(meant, counted)
        found.append((wins, pairs, by_chance, if_untied, np.square(pairs * error)))
    return _Sums(*(np.stack(values) for values in zip(*found, strict=True)))


def _interval(
    area: np.ndarray, sums: _Sums, size: np.ndarray, others: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Newcombe's, as narrow as ties make it, but no narrower than DeLong's.

    Where most clips are as silent as each other, hardly a pair can fall on the wrong side, as long as the area is near
    1/2; Newcombe's variance knows no ties. Of a neuron that fires on a share p of its form's clips and on no other, the
    area is 1/2 + p/2 and the variance at least 2 area - 1 of what Newcombe has, whatever share ties leave of it.
    DeLong's alone is a point where the area is 1.
    """
    from scipy.special import ndtri

    low, high = auroc_interval(area, np.maximum(size, 1), np.maximum(others, 1), confidence)
    untied = np.minimum(_ratio(sums.by_chance.sum(axis=0), sums.if_untied.sum(axis=0)), 1)
    shrinking = np.sqrt(np.maximum(untied, 2 * np.abs(area - 0.5)))
    drawn = float(ndtri((1 + confidence) / 2)) * np.sqrt(sums.drawn.sum(axis=0)) / np.maximum(sums.pairs.sum(axis=0), 1)
    below, above = (np.maximum(reach * shrinking, drawn) for reach in (area - low, high - area))
    return np.maximum(area - below, 0), np.minimum(area + above, 1)


def _ratio(wins: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return np.where(pairs > 0, wins / np.maximum(pairs, 1), np.nan)


def _p(excess: np.ndarray, variance: np.ndarray, smaller: np.ndarray) -> np.ndarray:
    """One-sided, with half a step of continuity; NaN where the smaller side has under three clips."""
    from scipy.special import ndtr

    deviation = np.sqrt(variance)
    p = np.where(deviation > 1e-9, ndtr(-(excess - 0.5) / np.maximum(deviation, 1e-9)), 1.0)
    return np.where(smaller >= SMALLEST_GROUP, p, np.nan)


def _fisher(hits: np.ndarray, fires: np.ndarray, size: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Fisher's exact p that so many of the clips that fire are of the form; NaN as for :func:`_p`."""
    from scipy.stats import hypergeom

    smallest = np.minimum(np.minimum(size, clips - size), np.minimum(fires, clips - fires))
    return np.where(smallest >= SMALLEST_GROUP, hypergeom.sf(hits - 1, clips, fires, size), np.nan)


def _jackknife(wins: np.ndarray, pairs: np.ndarray, confidence: float) -> np.ndarray:
    """Half the width of the interval ("part neuron"); infinite where one part has all pairs."""
    from scipy.stats import t as student

    count = len(wins)
    areas = _ratio(wins.sum(axis=0) - wins, pairs.sum(axis=0) - pairs)
    inflation = 1 + count / (count - 1)  # Nadeau and Bengio: 1/K + tested/choosing clips in place of 1/K
    error = np.sqrt(inflation * (count - 1) * np.square(areas - areas.mean(axis=0)).mean(axis=0))
    return np.where(np.isnan(error), np.inf, float(student.ppf((1 + confidence) / 2, count - 1)) * error)


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
