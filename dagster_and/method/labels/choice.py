"""Which of the forms that were tried is a neuron's.

The best AUROC of thousands of forms is that of a handful of clips, by luck. So forms are compared by what luck leaves:

    bound = 1 - (1 - AUROC) f(k, tried),   f = (1 - 1 / 9k - z / 3 sqrt k)^-3,   z = normal quantile of 1 - 1 / tried

where k is the smaller of the two groups: the clips of the form and the others, or the clips that the neuron fires on
and the others (:mod:`.order`). In Hanley and McNeil's model (exponential scores) the mean share of clips that wrongly
lie above a clip of the form is Gamma distributed; f is its expectation over its quantile at 1 / tried, by Wilson and
Hilferty's approximation (1931). So of the forms that owe all to luck about one a search gets a bound over 1/2. Longer
forms pay more: more of them were tried, and they hold on fewer clips.

- A form that holds on more than half of the clips is wide: it says where a neuron is not active ("anything but a
  siren"), and AUROC likes it as well as one that says where it is. So one of each is taken, the best narrow form and
  the best wide one, and :mod:`.modes` says which of them is the neuron's.
- Of forms of one length, those whose AUROC lies within a standard error (Hanley and McNeil's) of that of the best bound
  can't be told apart from it, if their own bound is over 1/2; of these the one of the highest intersection over union
  with the neuron's effective clips is taken. So a narrow neuron gets a narrow form, though a wider one ranks its clips
  as well.
- A longer form has to earn its atoms: the best bound of its length must beat that of the shorter ones by 0.02 an atom
  (the bound pays for how many were tried), and in a one-sided test at 5 % its AUROC must beat theirs (DeLong's), or
  it must be right of more clips, as to whether they are effective (McNemar's).
"""

from dataclasses import dataclass, replace

import numpy as np

from dagster_and.method.labels.forms import Forms, Literals
from dagster_and.method.labels.order import Order
from dagster_and.method.statistics.auroc import SMALLEST_GROUP, auroc_error

LEAST_GAIN = 0.02
NORMAL_95 = 1.6448536269514722


@dataclass(frozen=True)
class Level:
    """Forms of one length, each "neuron form".

    Summed ranks, clips, other clips, activation carried, bound (-inf where not fit), and intersection over union with
    the effective clips. ``fires``: on how many clips a neuron fires if that is all that counts, else 0, "neuron 1".
    """

    forms: Forms
    summed: np.ndarray
    sizes: np.ndarray
    others: np.ndarray
    carried: np.ndarray
    bound: np.ndarray
    iou: np.ndarray
    fires: np.ndarray

    @property
    def groups(self) -> tuple[np.ndarray, np.ndarray]:
        """Sizes of the two groups whose pairs the AUROC counts."""
        return groups(self.sizes, self.others, self.fires)

    @property
    def auroc(self) -> np.ndarray:
        """Of each form, float64; NaN where it is not fit."""
        first, second = self.groups
        pairs = np.maximum(first.astype(np.float64) * second, 1)
        return np.where(np.isfinite(self.bound), 0.5 + self.summed / pairs, np.nan)

    @property
    def is_wide(self) -> np.ndarray:
        """Which hold on more than half of the clips."""
        return self.sizes > self.others

    def only(self, *, wide: bool) -> "Level":
        """The others as if they were not fit."""
        return replace(self, bound=np.where(self.is_wide == wide, self.bound, -np.inf))

    def take(self, places: np.ndarray) -> "Level":
        """The forms at "neuron place"."""
        fields = (self.summed, self.sizes, self.others, self.carried, self.bound, self.iou)
        taken = (np.take_along_axis(field, places, axis=1) for field in fields)
        return Level(self.forms.take(places), *taken, fires=self.fires)

    def rows(self, chosen: np.ndarray) -> "Level":
        """Of some of the neurons."""
        fields = (self.summed, self.sizes, self.others, self.carried, self.bound, self.iou)
        return Level(self.forms.rows(chosen), *(field[chosen] for field in fields), fires=self.fires[chosen])

    def where(self, condition: np.ndarray, other: "Level") -> "Level":
        """These where the condition holds ("neuron"), and the others elsewhere; one form a neuron in both."""
        names = ("summed", "sizes", "others", "carried", "bound", "iou")
        pairs = ((getattr(self, name), getattr(other, name)) for name in names)
        forms = self.forms.where(condition[:, None], other.forms)
        return Level(forms, *(np.where(condition[:, None], own, others) for own, others in pairs), fires=self.fires)


def luck(clips: int, tried: int) -> np.ndarray:
    """The factor f for k = 0..clips, where ``tried`` forms were tried; infinite where a form is not fit: k under three.

    >>> luck(400, 8000)[[5, 40, 400]].round(2).tolist()
    [12.42, 1.92, 1.21]
    """
    from scipy.special import ndtri

    k = np.arange(1, clips + 1)
    root = 1 - 1 / (9 * k) - ndtri(1 - 1 / max(tried, 3)) / (3 * np.sqrt(k))
    factor = np.concatenate([[np.inf], np.where(root > 0, root, np.nan) ** -3.0])
    factor[:SMALLEST_GROUP] = np.inf
    return np.where(np.isnan(factor), np.inf, factor)


def groups(sizes: np.ndarray, others: np.ndarray, fires: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of the groups whose pairs an AUROC counts: a form's clips and the others.

    Where all that counts is on which clips a neuron fires, these and the others.
    """
    if not fires.any():
        return sizes, others
    return np.where(fires > 0, fires, sizes), np.where(fires > 0, sizes + others - fires, others)


def bounds(
    summed: np.ndarray, sizes: np.ndarray, others: np.ndarray, factor: np.ndarray, fires: np.ndarray
) -> np.ndarray:
    """The bound of each form; -inf where it is not fit.

    Args:
        summed: ranks less their mean over the clips of the form.
        sizes: clips of the form.
        others: the other clips.
        factor: of :func:`luck`.
        fires: as of a :class:`Level`; it broadcasts.
    """
    first, second = groups(sizes, others, fires)
    smaller = np.minimum(first, second)
    if first is not sizes:
        smaller[np.minimum(sizes, others) < SMALLEST_GROUP] = 0
    found = first * second  # in place from here on: there are many
    found += 1  # drawn in by half a pair: a perfect form owes something to luck, too
    np.divide(summed, found, out=found)
    np.subtract(0.5, found, out=found)
    found *= factor.astype(summed.dtype).take(smaller.astype(np.intp))
    return np.subtract(1, found, out=found)


def chosen(levels: list[Level], order: Order, members: np.ndarray, effective: np.ndarray, literals: Literals) -> Level:
    """One form for every neuron, "neuron 1": the longest that has earned its atoms; bound -inf where none is fit.

    Args:
        levels: forms of one atom, of two, and so on.
        order: of the activation.
        members: the clips that choose, bool "clip", or "neuron clip".
        effective: those of them that carry the activation, bool "neuron clip".
        literals: of all clips.
    """
    taken, leader = _narrowest(levels[0]), _best(levels[0])
    atoms = np.ones(len(leader.bound))
    for length, level in enumerate(levels[1:], start=2):
        best = _best(level)
        floor = np.where(np.isfinite(leader.bound), leader.bound, 0)[:, 0] + LEAST_GAIN * (length - atoms)
        has_earned = np.isfinite(best.bound[:, 0]) & (best.bound[:, 0] >= floor)
        rival = np.flatnonzero(has_earned)
        within = members if members.ndim == 1 else members[rival]
        longer, shorter = (one.rows(rival).forms.truth(literals.rows)[:, 0] for one in (best, leader))
        earns = _tells_more(longer, shorter, effective[rival], within)
        left = np.flatnonzero(~earns)
        gain = (best.rows(rival[left]).auroc - np.nan_to_num(leader.rows(rival[left]).auroc, nan=0.5))[:, 0]
        within = within if within.ndim == 1 else within[left]
        error = order.rows(rival[left]).error_of_difference(longer[left], shorter[left], within)
        earns[left] = gain >= NORMAL_95 * error
        has_earned[rival] = earns
        taken = _narrowest(level, floor).where(has_earned, taken)
        leader, atoms = best.where(has_earned, leader), np.where(has_earned, length, atoms)
    return taken


def _tells_more(longer: np.ndarray, shorter: np.ndarray, effective: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Whether the longer is right of more clips, effective or not, than the shorter, in McNemar's test: bool "neuron".

    Of clips that are all active, five have as high an AUROC as twenty.
    """
    is_right = [(truth == effective) & members for truth in (longer, shorter)]
    gained, lost = ((own & ~other).sum(axis=1) for own, other in (is_right, is_right[::-1]))
    return gained - lost >= NORMAL_95 * np.sqrt(np.maximum(gained + lost, 1))


def _best(level: Level) -> Level:
    return level.take(level.bound.argmax(axis=1)[:, None])


def _narrowest(level: Level, floor: np.ndarray | float = -np.inf) -> Level:
    """Of the forms within a standard error of the best, and above the floor, the one of the highest IoU."""
    best = _best(level)
    first, second = best.groups
    pairs = np.maximum(first * second, 1)
    error = np.nan_to_num(auroc_error(best.auroc - (best.auroc - 0.5) / (pairs + 1), first, second))
    is_alike = level.auroc >= best.auroc - error
    is_alike &= level.bound >= np.minimum(np.maximum(np.reshape(floor, (-1, 1)), 0.5), best.bound)
    merit = np.where(is_alike, level.iou + 1e-6 * level.bound.clip(-1, 1), -np.inf)
    return level.take(merit.argmax(axis=1)[:, None])
