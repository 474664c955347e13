"""The form of at most three atoms that an activation follows best, for many neurons at once.

A beam search by AUROC and what luck leaves of it (after Mu and Andreas 2020, and INVERT, Bykov and others 2023). The
ranks of a group of m of n clips, less their mean, add up to (AUROC - 1/2) m (n - m). So one matrix product scores every
literal, and one more, of the ranks where a form holds, scores that form AND every literal; OR and NOT follow by
inclusion and exclusion.

A form is fit if it holds on at least 3 of the clips, and is false on at least 3. An OR is fit only if its lesser side
carries a third of the activation that the greater one does (:data:`COMPARABLE`): else the lesser is for a second mode
to say. :mod:`.choice` says by what forms are compared, and which of them is taken.
"""

from dataclasses import dataclass

import numpy as np

from dagster_and.method.labels.choice import Level, bounds, chosen, luck
from dagster_and.method.labels.forms import LONGEST, Forms, Literals
from dagster_and.method.labels.order import Order
from dagster_and.method.labels.sample import Sample, sampled

BEAM, WIDE_BEAM = 8, 2
COMPARABLE = 1 / 3


@dataclass(frozen=True)
class Found:
    """What a search gives.

    A form for each neuron and its AUROC ("neuron"; nothing, and NaN, where no form is fit), and the best forms that
    were tried, with theirs ("neuron candidate"; NaN where not fit), shorter ones first.
    """

    forms: Forms
    auroc: np.ndarray
    tried: Forms
    tried_auroc: np.ndarray


def search(
    order: Order,
    members: np.ndarray,
    carried: np.ndarray,
    literals: Literals,
    barred: np.ndarray | None = None,
    beam: tuple[int, int] = (BEAM, WIDE_BEAM),
) -> tuple[Found, Found]:
    """The best narrow form of every neuron among some clips, and the best wide one.

    Args:
        order: of the activation.
        members: the clips that choose, bool "clip", or "neuron clip".
        carried: activation above its median, "neuron clip".
        literals: what forms can be made of.
        barred: literals that a neuron's form must not hold, bool "neuron literal".
        beam: narrow and wide forms of each length that are kept to be made longer.
    """
    found = _levels(order, members, carried, literals, barred, beam)
    narrow, wide = (_found(*found, order, members, literals, is_wide) for is_wide in (False, True))
    return narrow, wide


def search_narrow(
    order: Order, members: np.ndarray, carried: np.ndarray, literals: Literals, barred: np.ndarray | None = None
) -> Found:
    """The best narrow form of every neuron among some clips; arguments as of :func:`search`."""
    found = _levels(order, members, carried, literals, barred, (BEAM, 0))
    return _found(*found, order, members, literals, False)


def _levels(
    order: Order, members: np.ndarray, carried: np.ndarray, literals: Literals, barred: np.ndarray | None,
    beam: tuple[int, int],
) -> tuple[Level, list[Level], np.ndarray]:  # fmt: skip
    """All literals, the forms of each length that were kept, and the clips that carry the activation."""
    sample = sampled(order, members, carried, literals)
    singles = _singles(sample, barred)
    kept = [singles.take(_beam(singles.bound, singles.is_wide, beam))]
    held = sample.truth(kept[0].forms, 1)
    for length in range(1, LONGEST):
        level, held = _longer(sample, kept[-1], held, singles, length, beam, barred)
        kept.append(level)
    active = np.zeros(carried.shape, dtype=bool)
    active[:, sample.clips] = sample.effective
    return singles, kept, active


def _found(
    singles: Level, kept: list[Level], active: np.ndarray, order: Order, members: np.ndarray, literals: Literals,
    is_wide: bool,
) -> Found:  # fmt: skip
    kept = [level.only(wide=is_wide) for level in kept]
    best = chosen([singles.only(wide=is_wide), *kept[1:]], order, members, active, literals)
    is_found = np.isfinite(best.bound)
    nothing = Forms.single(np.full(is_found.shape, literals.nothing), literals.everything)
    tried = Forms(
        np.concatenate([level.forms.literals for level in kept], axis=1),
        np.concatenate([level.forms.is_or for level in kept], axis=1),
    )
    forms = best.forms.where(is_found, nothing).take(np.zeros(len(is_found), dtype=np.int64))
    return Found(forms, best.auroc[:, 0], tried, np.concatenate([level.auroc for level in kept], axis=1))


def forms_tried(literals: Literals, beam: int = BEAM + WIDE_BEAM) -> int:
    """How many forms a search scores: each literal, then each form of the beam AND each literal, OR each atom."""
    fit = int(literals.is_fit.sum())
    return fit + (LONGEST - 1) * _longer_tried(literals, min(beam, fit))


def _longer_tried(literals: Literals, beam: int) -> int:
    return beam * (int(literals.is_fit.sum()) + literals.atoms)


def _singles(sample: Sample, barred: np.ndarray | None) -> Level:
    """All literals."""
    summed, carried, hits = (sample.sums(values) for values in (sample.ranks, sample.carried, sample.effective))
    sizes = sample.sums(np.ones_like(sample.ranks[:1]) if sample.counts is None else sample.counts)
    sizes = np.broadcast_to(sizes, summed.shape)
    others = sample.size - sizes
    bound = bounds(summed, sizes, others, luck(sample.ranks.shape[1], int(sample.literals.is_fit.sum())), sample.fires)
    bound[:, ~sample.literals.is_fit] = -np.inf
    if barred is not None:
        bound[barred] = -np.inf
    literals = np.broadcast_to(np.arange(summed.shape[1]), summed.shape)
    forms = Forms.single(literals, sample.literals.everything)
    return Level(forms, summed, sizes, others, carried, bound, _iou(hits, sizes, sample.effective), sample.fires)


def _longer(
    sample: Sample,
    base: Level,
    held: np.ndarray,
    singles: Level,
    length: int,
    beam: tuple[int, int],
    barred: np.ndarray | None,
) -> tuple[Level, np.ndarray]:
    """The best forms of ``length`` + 1 atoms that begin with one of the base, and their truth.

    ``held``: truth of the base, 1 or 0 "neuron form clip".
    """
    sizes = _and_or(sample.shared_clips(base.forms, held), base.sizes, singles.sizes)
    held *= sample.ranks[:, None]
    summed = _and_or(sample.sums(held), base.summed, singles.summed)
    others = sample.size[..., None, None] - sizes
    factor = luck(sample.ranks.shape[1], _longer_tried(sample.literals, held.shape[1]))
    bound = bounds(summed, sizes, others, factor, sample.fires[..., None, None])
    bound[~np.isfinite(base.bound)] = -np.inf
    _leave_out_repeats(bound, base.forms, length, sample.literals)
    _leave_out_kin(bound, base.forms, length, sample.literals)
    _leave_out_denials(bound, base.forms, sample.literals)
    _leave_out_lopsided(bound, base.carried, singles.carried)
    if barred is not None:
        bound -= np.where(barred, np.float32(np.inf), np.float32(0))[:, None, None]
    best = _beam(bound.reshape(len(bound), -1), (sizes > others).reshape(len(bound), -1), beam)
    first, is_or, literal = np.unravel_index(best, bound.shape[1:])
    forms = base.forms.take(first).extended(length, literal, is_or == 1)
    at = (np.arange(len(best))[:, None], first, is_or, literal)
    held = sample.truth(forms, length + 1)
    return _measured(sample, forms, held, *(field[at] for field in (summed, sizes, others, bound))), held


def _and_or(both: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Sums over both of two groups, "neuron form literal", and over either: "neuron form op literal"."""
    found = np.empty((*both.shape[:2], 2, both.shape[2]), dtype=both.dtype)
    found[:, :, 0] = both
    np.add(first[..., None], second[:, None], out=found[:, :, 1])
    found[:, :, 1] -= both
    return found


def _measured(
    sample: Sample, forms: Forms, held: np.ndarray, summed: np.ndarray, sizes: np.ndarray, others: np.ndarray,
    bound: np.ndarray,
) -> Level:  # fmt: skip
    ends = np.stack([sample.carried, sample.effective], axis=2, dtype=np.float32)
    carried, hits = np.moveaxis(held.astype(np.float32, copy=False) @ ends, 2, 0)
    return Level(forms, summed, sizes, others, carried, bound, _iou(hits, sizes, sample.effective), sample.fires)


def _iou(hits: np.ndarray, sizes: np.ndarray, effective: np.ndarray) -> np.ndarray:
    union = sizes + effective.sum(axis=1, keepdims=True) - hits
    return hits / np.maximum(union, 1)


def _leave_out_repeats(bound: np.ndarray, forms: Forms, length: int, literals: Literals) -> None:
    """No atom twice in a form, and no pair twice, as a AND b and as b AND a ("neuron form op literal")."""
    neurons, beam = bound.shape[:2]
    neuron, form = np.arange(neurons)[:, None], np.arange(beam)
    for place in range(length):
        atom = forms.literals[..., place] % literals.atoms
        for literal in (atom, atom + literals.atoms):
            bound[neuron, form, :, literal] = -np.inf
    if length == 1:
        later, earlier = np.tril_indices(beam, -1)
        bound[neuron, later, :, forms.literals[:, earlier, 0]] = -np.inf


def _leave_out_kin(bound: np.ndarray, forms: Forms, length: int, literals: Literals) -> None:
    """No AND of kin: "quiet" and "-36 to -30 dBFS" is what one of them says ("neuron form op literal")."""
    families = literals.families
    for place in range(length):
        own = families[forms.literals[..., place]]
        bound[:, :, 0][own[..., None] == families[:-2]] = -np.inf


def _leave_out_denials(bound: np.ndarray, forms: Forms, literals: Literals) -> None:
    """No denial that is not fit, and none as an alternative ("neuron form op literal")."""
    bound[..., ~literals.is_fit] = -np.inf
    bound[:, :, 1, literals.atoms :] = -np.inf
    bound[:, :, 1][forms.literals[..., 0] >= literals.atoms] = -np.inf


def _leave_out_lopsided(bound: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """No OR of which one side carries under a third of what the other does ("neuron form", "neuron literal")."""
    lesser = np.minimum(first[..., None], second[:, None])
    bound[:, :, 1][lesser < COMPARABLE * np.maximum(first[..., None], second[:, None])] = -np.inf


def _beam(bound: np.ndarray, is_wide: np.ndarray, beam: tuple[int, int]) -> np.ndarray:
    """Places of the best narrow forms and of the best wide ones, "neuron place"; where there are fewer, others that
    are not fit."""
    lowered = -bound
    ends = [
        _smallest(np.where(is_wide == wide, lowered, np.float32(np.inf)), most)
        for wide, most in zip((False, True), beam, strict=True) if most
    ]  # fmt: skip
    return np.concatenate(ends, axis=1)


def _smallest(values: np.ndarray, most: int) -> np.ndarray:
    """Places of the smallest values of each row, smallest first; of equal ones the earlier first."""
    most = min(most, values.shape[1])
    places = np.sort(np.argpartition(values, most - 1, axis=1)[:, :most], axis=1)
    order = np.argsort(np.take_along_axis(values, places, axis=1), axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1)
