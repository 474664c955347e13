"""The next best form, where it can't be told apart from the one that was taken."""

import numpy as np

from dagster_and.method.labels.forms import Forms, Literals
from dagster_and.method.labels.order import Order
from dagster_and.method.labels.search import Found

NEAREST = 4
"""Forms, nearest by AUROC, whose difference is tested."""


def runners_up(order: Order, found: Found, literals: Literals, members: np.ndarray) -> tuple[Forms, np.ndarray]:
    """Of the forms that were tried, the best that says something else and can't be told apart by AUROC.

    It says something else if neither form's atoms are all among the other's, and is no longer. It can't be told apart
    if the AUROCs differ by no more than the standard error of their difference.

    Args:
        order: of the activation.
        found: of the search on all clips.
        literals: of all clips.
        members: the clips that count, bool "clip", or "neuron clip".

    Returns:
        a form for each neuron, and its AUROC; NaN where there is none.
    """
    gap = np.where(_says_else(found, literals.atoms), np.abs(found.tried_auroc - found.auroc[:, None]), np.inf)
    nearest = np.argsort(gap, axis=1, kind="stable")[:, :NEAREST]
    own = found.forms.truth(literals.rows)
    best = np.full(len(gap), np.nan)
    place = nearest[:, 0]
    for candidate in nearest.T:
        truth = found.tried.take(candidate).truth(literals.rows)
        error = order.error_of_difference(truth, own, members)
        area = np.take_along_axis(found.tried_auroc, candidate[:, None], axis=1)[:, 0]
        is_near = np.take_along_axis(gap, candidate[:, None], axis=1)[:, 0] <= error
        is_better = is_near & ~(area <= best)
        best, place = np.where(is_better, area, best), np.where(is_better, candidate, place)
    return found.tried.take(place), best


def _says_else(found: Found, atoms: int) -> np.ndarray:
    """Bool "neuron candidate"."""
    own, tried = _atoms(found.forms, atoms)[:, None], _atoms(found.tried, atoms)
    same = (tried[..., :, None] == own[..., None, :]) & (tried >= 0)[..., :, None]
    own_count, count, shared = (own >= 0).sum(axis=-1), (tried >= 0).sum(axis=-1), same.any(axis=-1).sum(axis=-1)
    return (count <= own_count) & (shared < np.minimum(own_count, count)) & np.isfinite(found.tried_auroc)


def _atoms(forms: Forms, atoms: int) -> np.ndarray:
    """Atoms of the literals, -1 where there is none: "... 3"."""
    return np.where(forms.literals < 2 * atoms, forms.literals % atoms, -1)
