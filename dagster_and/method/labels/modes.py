"""What a neuron follows, and what else it follows by itself.

1. Of the first form there are two, a narrow one and a wide one, which holds on more than half of the clips
   (:mod:`.choice`). Both are searched for and tested on all clips. A form holds if p < 0.05 and the low end of its
   AUROC's interval is over 0.5, both made up for by taking one of three (the table asks the same of q, over all
   neurons). The narrow one is taken, unless the wide one holds and says more: its AUROC is over 0.1 higher, and its
   intersection over union with the effective clips no lower; or no lower AUROC, of a neuron that is active on all but
   a few clips (nine tenths of the squares about its median lie below). Of a selective neuron a third is searched for
   and tested, by how well it tells the clips on which the neuron fires (:mod:`.order`); it is taken if it holds, and
   the other does not or its AUROC is over 0.1 lower.
2. If it holds, the same search and test are made on the clips where it is false, with atoms that are no kin of its own
   (cuts of one quality are kin). The second form holds if it passes, too, a tenth of the activation falls on its clips,
   and it is something else: true of at most half of the first form's clips.
3. "First or second" is said instead, as one label, if the lesser carries at least a third of what the greater carries,
   they have at most three atoms together, and their AUROC together is above that of either. Else the second form is a
   second mode.

A search finds most alternatives at once, as an OR; it leaves lopsided ones to step 2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dagster_and.method.labels.forms import LONGEST, Forms, Literals
from dagster_and.method.labels.parts import Parts, agreement, parted, truths
from dagster_and.method.labels.runners_up import runners_up
from dagster_and.method.labels.search import COMPARABLE, Found
from dagster_and.method.labels.testing import (
    ALPHA,
    Fitted,
    Measured,
    Neurons,
    cross_fitted,
    cross_fitted_outside,
    scored,
)

LEAST_SHARE = 0.1
MOST_SHARED = 0.5
CLEARER = 0.1
CANDIDATES = 3
"""For the first form: narrow, wide, and of the clips on which a neuron fires."""


@dataclass(frozen=True)
class Mode:
    """A form of some neurons (``places`` among those of the chunk), what was measured of it, and its runner-up.

    ``stage``: first, second, or both (first or second, in one); ``parts``: what was chosen without each part, but for
    the second.
    """

    stage: str
    places: np.ndarray
    forms: Forms
    measured: Measured
    runners_up: Forms
    runner_up_auroc: np.ndarray
    parts: Parts | None = None


def holds(measured: Measured) -> np.ndarray:
    """Whether a form passes by itself, bool "neuron"."""
    return (measured["p_value"] < ALPHA) & (measured["auroc_low"] > 0.5)


def modes(activation: np.ndarray, literals: Literals, parts: np.ndarray) -> Iterator[Mode]:
    """The first form of every neuron, and the second and both in one of those where they hold.

    Args:
        activation: "neuron clip", none of them dead.
        literals: of all clips.
        parts: of every clip.
    """
    neurons, everything = Neurons.of(activation), np.ones(len(parts), dtype=bool)
    neurons, first, measured = _first(neurons, literals, parts)
    measured["part_agreement"] = agreement(truths(first.by_part, (), literals))
    mode = _mode("first", np.arange(len(activation)), neurons, first, measured, literals, everything)
    yield replace(mode, parts=parted(neurons.order, first.by_part, (), literals, parts))
    passed = np.flatnonzero(holds(measured))
    if not len(passed):
        return
    neurons, first = neurons.rows(passed), _rows(first, passed)
    measured = {name: values[passed] for name, values in measured.items()}
    second = cross_fitted_outside(neurons, literals, parts, first)
    own = named(scored(neurons, second.truth, ~first.truth, parts), second.found.forms, literals)
    outside_of_parts = ~truths(first.by_part, (), literals)
    own["part_agreement"] = agreement(truths(second.by_part, (), literals) & outside_of_parts)
    inside = first.found.forms.truth(literals.rows)
    shared = (second.found.forms.truth(literals.rows) & inside).sum(axis=1)
    is_else = shared <= MOST_SHARED * inside.sum(axis=1)
    is_second, outside = holds(own) & (own["accounts_for"] >= LEAST_SHARE) & is_else, ~inside
    chosen = np.flatnonzero(is_second)
    yield _mode(
        "second", passed[chosen], neurons.rows(chosen), _rows(second, chosen), _taken(own, chosen), literals,
        outside[chosen],
    )  # fmt: skip
    yield from _both(passed, neurons, first, second, measured, own, is_second, literals, parts)


def _first(neurons: Neurons, literals: Literals, parts: np.ndarray) -> tuple[Neurons, Fitted, Measured]:
    """Step 1: the neurons, of which all that counts from here on may be on which clips they fire; and their forms."""
    everything = np.ones(len(parts), dtype=bool)

    def tested(some: Neurons, fitted: Fitted) -> Measured:
        return named(scored(some, fitted.truth, everything, parts, CANDIDATES), fitted.found.forms, literals)

    both = cross_fitted(neurons, literals, parts)
    narrow, wide = (tested(neurons, one) for one in both)
    is_clearer = (wide["auroc"] > narrow["auroc"] + CLEARER) & (wide["iou"] >= narrow["iou"])
    is_clearer |= neurons.is_resting_high & (wide["auroc"] >= narrow["auroc"])
    is_wide = (holds(wide) & is_clearer) | np.isnan(narrow["p_value"])
    fitted = _where(is_wide, both[1], both[0])
    measured = {name: np.where(is_wide, wide[name], narrow[name]) for name in narrow}
    return _or_as_it_fires(neurons, fitted, measured, literals, parts)


def _or_as_it_fires(
    neurons: Neurons, fitted: Fitted, measured: Measured, literals: Literals, parts: np.ndarray
) -> tuple[Neurons, Fitted, Measured]:
    selective = np.flatnonzero(neurons.firing.any(axis=1))
    if not len(selective):
        return neurons, fitted, measured
    some = neurons.rows(selective)
    some = some.as_they_fire(np.ones(len(selective), dtype=bool))
    own, _ = cross_fitted(some, literals, parts)
    found = scored(some, own.truth, np.ones(len(parts), dtype=bool), parts, CANDIDATES)
    found = named(found, own.found.forms, literals)
    place, is_firing = np.zeros(len(fitted.truth), dtype=np.intp), np.zeros(len(fitted.truth), dtype=bool)
    is_clearer = ~holds(measured)[selective] | (found["auroc"] > measured["auroc"][selective] + CLEARER)
    place[selective], is_firing[selective] = np.arange(len(selective)), holds(found) & is_clearer
    measured = {name: np.where(is_firing, found[name][place], values) for name, values in measured.items()}
    return neurons.as_they_fire(is_firing), _where(is_firing, _rows(own, place), fitted), measured


def named(measured: Measured, forms: Forms, literals: Literals) -> Measured:
    """Not tested where all clips together found no form, though parts of them did: there is nothing to say."""
    is_nothing = forms.literals[:, 0] == literals.nothing
    return measured | {name: np.where(is_nothing, np.nan, measured[name]) for name in ("auroc_low", "p_value")}


def _both(
    places: np.ndarray, neurons: Neurons, first: Fitted, second: Fitted, measured: Measured, own: Measured,
    is_second: np.ndarray, literals: Literals, parts: np.ndarray,
) -> Iterator[Mode]:  # fmt: skip
    """Step 3."""
    everything = np.ones(len(parts), dtype=bool)
    shares = np.stack([measured["accounts_for"], own["accounts_for"]])
    fits, forms = _joined(first.found.forms, second.found.forms, literals)
    chosen = np.flatnonzero(is_second & fits & (shares.min(axis=0) >= COMPARABLE * shares.max(axis=0)))
    some, apart = neurons.rows(chosen), second.truth[chosen]
    together = scored(some, first.truth[chosen] | apart, everything, parts)
    alone = np.maximum(measured["auroc"][chosen], scored(some, apart, everything, parts)["auroc"])
    better = np.flatnonzero(holds(together) & (together["auroc"] > alone))
    taken, none = chosen[better], np.full(len(better), np.nan)
    either, other = ([own.rows(taken) for own in fitted.by_part] for fitted in (first, second))
    together = _taken(together, better) | {"part_agreement": agreement(truths(either, other, literals))}
    tested = parted(neurons.rows(taken).order, either, other, literals, parts)
    forms = forms.rows(taken)
    yield Mode("both", places[taken], forms, together, forms, none, tested)


def _joined(first: Forms, second: Forms, literals: Literals) -> tuple[np.ndarray, Forms]:
    """Which pairs have at most three atoms and begin with no denial, and those as one form: the longer first."""
    lengths = [(form.literals < 2 * literals.atoms).sum(axis=1) for form in (first, second)]
    is_first = lengths[0] >= lengths[1]
    longer, shorter = first.where(is_first, second), second.where(is_first, first)
    length = np.maximum(*lengths)
    is_positive = (first.literals[:, 0] < literals.atoms) & (second.literals[:, 0] < literals.atoms)
    fits = (lengths[0] + lengths[1] <= LONGEST) & (np.minimum(*lengths) == 1) & is_positive
    place = np.arange(LONGEST) == length[:, None]
    joined = np.where(place, shorter.literals[:, :1], longer.literals)
    return fits, Forms(joined, longer.is_or | place[:, 1:])


def _mode(
    stage: str, places: np.ndarray, neurons: Neurons, fitted: Fitted, measured: Measured, literals: Literals,
    members: np.ndarray,
) -> Mode:  # fmt: skip
    """With its runner-up, where it holds."""
    forms, area = fitted.found.forms, np.full(len(places), np.nan)
    others = Forms(forms.literals.copy(), forms.is_or.copy())
    passed = np.flatnonzero(holds(measured))
    if len(passed):
        within = members if members.ndim == 1 else members[passed]
        found = _rows(fitted, passed).found
        near, area[passed] = runners_up(neurons.order.rows(passed), found, literals, within)
        others.literals[passed], others.is_or[passed] = near.literals, near.is_or
    return Mode(stage, places, forms, measured, others, area)


def _where(condition: np.ndarray, first: Fitted, second: Fitted) -> Fitted:
    """One of each for every neuron."""
    found, other = first.found, second.found
    taken = Found(
        found.forms.where(condition, other.forms), np.where(condition, found.auroc, other.auroc),
        found.tried.where(condition[:, None], other.tried),
        np.where(condition[:, None], found.tried_auroc, other.tried_auroc),
    )  # fmt: skip
    forms = [own.where(condition, others) for own, others in zip(first.by_part, second.by_part, strict=True)]
    return Fitted(taken, forms, np.where(condition[:, None], first.truth, second.truth))


def _rows(fitted: Fitted, chosen: np.ndarray) -> Fitted:
    found = fitted.found
    taken = Found(found.forms.rows(chosen), found.auroc[chosen], found.tried.rows(chosen), found.tried_auroc[chosen])
    return Fitted(taken, [forms.rows(chosen) for forms in fitted.by_part], fitted.truth[chosen])


def _taken(measured: Measured, chosen: np.ndarray) -> Measured:
    return {name: values[chosen] for name, values in measured.items()}
