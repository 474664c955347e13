"""The clips that choose a form: their ranks, what the activation carries on them, and sums over the literals' clips."""

from dataclasses import dataclass

import numpy as np

from dagster_and.method.labels.forms import Forms, Literals
from dagster_and.method.labels.order import Order

EXACT_CLIPS = 8192
"""Ranks less their mean are multiples of one half, and any sum of them stays below n^2 / 8: in float32 the sums are
exact up to so many clips, in whatever order; beyond, float64 is used."""


@dataclass(frozen=True)
class Sample:
    """The clips that choose: all arrays "neuron clip" over ``clips``, positions that all neurons share.

    ``ranks``: less their mean, 0 for clips that don't count; ``counts``: which do, None for all; ``carried``:
    activation above the median, 0 for clips that don't count; ``effective``: the clips that carry it. ``fires``: as
    of a :class:`Level`.
    """

    literals: Literals
    clips: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    ranks: np.ndarray
    counts: np.ndarray | None
    carried: np.ndarray
    effective: np.ndarray
    fires: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Over the clips of every literal: "... clip" to "... literal"."""
        flat = values.reshape(-1, values.shape[-1]).astype(self.ranks.dtype, copy=False)
        return self.literals.spread(flat @ self.columns).reshape(*values.shape[:-1], -1)

    @property
    def size(self) -> np.ndarray:
        """Clips that count, "neuron 1"."""
        if self.counts is None:
            return np.full((len(self.ranks), 1), self.ranks.shape[1], dtype=np.float32)
        return self.counts.sum(axis=1, keepdims=True, dtype=np.float32)

    def truth(self, forms: Forms, length: int) -> np.ndarray:
        """Of the clips that count: "neuron form", of ``length`` literals at most, to 1 or 0 "neuron form clip"."""
        held = forms.truth(self.rows, length)
        if self.counts is not None:
            held &= self.counts[:, None]
        return held.astype(self.ranks.dtype)

    def shared_clips(self, forms: Forms, held: np.ndarray) -> np.ndarray:
        """Clips of every literal among those of each form: "neuron form clip" to "neuron form literal".

        Where the same clips choose for all neurons, that is a matter of the form alone; neurons share many.
        """
        if self.counts is not None:
            return self.sums(held)
        codes = np.concatenate([forms.literals, forms.is_or], axis=-1).reshape(-1, forms.literals.shape[-1] + 2)
        _, first, place = np.unique(_as_one(codes), return_index=True, return_inverse=True)
        found = self.sums(held.reshape(len(codes), -1)[first])
        return found[place.reshape(-1)].reshape(*held.shape[:2], -1)


def sampled(order: Order, members: np.ndarray, carried: np.ndarray, literals: Literals) -> Sample:
    """The clips that choose.

    Args:
        order: of the activation.
        members: which clips choose, bool "clip", or "neuron clip".
        carried: activation above its median, "neuron clip".
        literals: of all clips.
    """
    clips = np.flatnonzero(members if members.ndim == 1 else members.any(axis=0))
    kind = np.float32 if len(clips) <= EXACT_CLIPS else np.float64
    ranks = order.ranks(members)[:, clips].astype(kind, copy=False)
    counts = None if members.ndim == 1 else members[:, clips]
    carried = carried[:, clips] if counts is None else np.where(counts, carried[:, clips], 0)
    rows, columns = literals.rows[:, clips], literals.columns[clips].astype(kind, copy=False)
    size = np.asarray(members.sum(axis=-1, keepdims=True))
    fires = order.fires(members).astype(kind)
    return Sample(literals, clips, rows, columns, ranks, counts, carried, effective(ranks, carried, size), fires)


def _as_one(codes: np.ndarray) -> np.ndarray:
    """Rows of whole numbers from 0 as one number each, equal exactly where the rows are."""
    sizes = codes.max(axis=0, initial=0) + 1
    return codes @ np.concatenate([[1], np.cumprod(sizes[:-1])])


def effective(ranks: np.ndarray, carried: np.ndarray, size: np.ndarray) -> np.ndarray:
    """The clips that carry the activation, as many as ``effective_size`` says, from the top: bool "neuron clip".

    Args:
        ranks: less their mean, "neuron clip".
        carried: activation above its median, 0 for clips that don't count, "neuron clip".
        size: clips that count, "neuron 1" or one for all.
    """
    return (ranks > size / 2 - np.rint(effective_size(carried))) & (carried > 0)


def effective_size(carried: np.ndarray) -> np.ndarray:
    """(sum a)^2 / sum a^2: as many clips with equal shares would be as unequal; "neuron 1", 0 where nothing is."""
    squares = np.square(carried).sum(axis=1, keepdims=True, dtype=np.float64)
    return np.square(carried.sum(axis=1, keepdims=True, dtype=np.float64)) / np.where(squares > 0, squares, 1.0)
