"""The area under the ROC curve by ranks, what chance would give, and the false discovery rate.

AUROC = the share of pairs (a clip of the group, another clip) in which the clip of the group has the higher value, ties
counted half: Mann and Whitney's U over the number of pairs. 0.5 is chance. p values take the normal approximation with
the variance corrected for ties and half a step of continuity; U is discrete and skewed for small groups, so a group of
fewer than ``SMALLEST_GROUP`` clips gets none.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

SMALLEST_GROUP = 3
HALVINGS = 30


def midranks(values: np.ndarray) -> np.ndarray:
    """Ranks of each row, 1 for the smallest; equal values share the mean of their ranks ("neuron clip", no NaN)."""
    neurons, clips = values.shape
    order, ordered = np.argsort(values, axis=1), np.sort(values, axis=1)  # sorting twice is cheaper than gathering
    is_first = np.ones(values.shape, dtype=bool)
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=is_first[:, 1:])
    if is_first.all():
        ranks = np.tile(np.arange(1.0, clips + 1), neurons)
    else:
        first = np.flatnonzero(is_first)
        ties = np.diff(first, append=values.size)
        ranks = np.repeat(first % clips + (ties + 1) / 2, ties)
    order += np.arange(0, values.size, clips)[:, None]
    found = np.empty(values.size)
    found[order.reshape(-1)] = ranks
    return found.reshape(values.shape)


def tie_sums(ranks: np.ndarray) -> np.ndarray:
    """Sum over groups of equal values of t^3 - t, for each row of mid-ranks.

    A clip in a group of t has as its rank the mean of t consecutive ones: the squared ranks lack t (t^2 - 1) / 12.
    """
    clips = ranks.shape[1]
    whole = clips * (clips + 1) * (2 * clips + 1) / 6
    return np.rint(12 * (whole - np.einsum("nc,nc->n", ranks, ranks)))


def auroc(ranks: np.ndarray, members: np.ndarray) -> np.ndarray:
    """AUROC of every row for every group of clips.

    Args:
        ranks: mid-ranks, "neuron clip".
        members: whether the clip is of the group, bool "clip group".

    Returns:
        "neuron group"; NaN where a group holds no clip or all of them.
    """
    size = members.sum(axis=0).astype(np.float64)
    pairs = size * (len(members) - size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(pairs > 0, (ranks @ members.astype(np.float64) - size * (size + 1) / 2) / pairs, np.nan)


def mann_whitney_p(area: np.ndarray, size: np.ndarray, others: np.ndarray, ties: np.ndarray) -> np.ndarray:
    """One-sided p value: how often chance gives an AUROC at least as high. The arguments broadcast.

    Args:
        area: AUROC.
        size: clips of the group.
        others: clips that it is compared with.
        ties: sum over groups of equal values of t^3 - t, among all of them.

    Returns:
        NaN where the area is, or where either side has fewer than three clips; 1 where all values are equal.
    """
    from scipy.special import ndtr

    clips, pairs = size + others, size * others
    spread = clips + 1 - ties / np.maximum(clips * (clips - 1), 1)
    deviation = np.sqrt(np.maximum(pairs * spread / 12, 0))
    excess = (area - 0.5) * pairs - 0.5
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(deviation > 1e-9, ndtr(-excess / deviation), 1.0)
    return np.where((np.minimum(size, others) >= SMALLEST_GROUP) & ~np.isnan(area), p, np.nan)


@dataclass(frozen=True)
class Contrast:
    """Pairs of a clip of the group and one that it is compared with, each "neuron".

    ``wins``: pairs in which the former has the higher value, ties counted half; ``pairs``: all; ``size`` and
    ``others``: clips of either side; ``variance``: of the wins, where nothing but chance decides (ties corrected).
    """

    wins: np.ndarray
    pairs: np.ndarray
    size: np.ndarray
    others: np.ndarray
    variance: np.ndarray

    def __add__(self, other: "Contrast") -> "Contrast":
        """Pairs of both, and none across (van Elteren 1960)."""
        return Contrast(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def area(self) -> np.ndarray:
        """AUROC; NaN where there are no pairs."""
        return np.where(self.pairs > 0, self.wins / np.maximum(self.pairs, 1), np.nan)

    @property
    def p_value(self) -> np.ndarray:
        """One-sided, with half a step of continuity; NaN where either side has fewer than three clips."""
        from scipy.special import ndtr

        deviation = np.sqrt(np.maximum(self.variance, 0))
        excess = self.wins - self.pairs / 2 - 0.5
        p = np.where(deviation > 1e-9, ndtr(-excess / np.maximum(deviation, 1e-9)), 1.0)
        is_enough = (np.minimum(self.size, self.others) >= SMALLEST_GROUP) & (self.pairs > 0)
        return np.where(is_enough, p, np.nan)


def contrast(values: np.ndarray, high: np.ndarray, low: np.ndarray) -> Contrast:
    """Each row's own group against its own other group.

    Args:
        values: finite, "neuron clip".
        high: bool "neuron clip": the group.
        low: bool "neuron clip": what it is compared with; clips of neither are left out.
    """
    values, high = _packed(values, high, high | low)
    size, others = high.sum(axis=1).astype(np.float64), low.sum(axis=1).astype(np.float64)
    left_out = values.shape[1] - size - others
    ranks = midranks(values)  # what is left out shares the lowest ranks
    return _contrast(ranks, high, size, others, left_out)


def contrast_with_rest(ranks: np.ndarray, high: np.ndarray) -> Contrast:
    """Each row's own group against all other clips; no pairs where the group holds no clip, or all.

    Args:
        ranks: mid-ranks, "neuron clip".
        high: bool "neuron clip": the group.
    """
    size = high.sum(axis=1).astype(np.float64)
    return _contrast(ranks, high, size, np.where(size > 0, high.shape[1] - size, 0), np.zeros(len(high)))


def _packed(values: np.ndarray, high: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The clips that are used, as many columns as one row needs; the rest of the others is filled up with -inf."""
    counts = used.sum(axis=1)
    most = max(int(counts.max(initial=0)), 1)
    row, clip = np.nonzero(used)
    column = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    packed, is_high = np.full((len(values), most), -np.inf, dtype=values.dtype), np.zeros((len(values), most), bool)
    packed[row, column], is_high[row, column] = values[row, clip], high[row, clip]
    return packed, is_high


def _contrast(
    ranks: np.ndarray, high: np.ndarray, size: np.ndarray, others: np.ndarray, left_out: np.ndarray
) -> Contrast:
    """``left_out``: clips of neither, which have the lowest ranks."""
    ties = tie_sums(ranks) - (left_out**3 - left_out)
    summed = np.einsum("nc,nc->n", ranks, high) - left_out * size
    clips, pairs = size + others, size * others
    spread = clips + 1 - ties / np.maximum(clips * (clips - 1), 1)
    return Contrast(summed - size * (size + 1) / 2, pairs, size, others, pairs * spread / 12)


def auroc_interval(
    area: np.ndarray, size: np.ndarray, others: np.ndarray, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the interval, from the area and the two group sizes; see :func:`stratified_interval`."""
    area, size, others = np.broadcast_arrays(area, size, others)
    return stratified_interval(area, size[None], others[None], confidence)


def stratified_interval(
    area: np.ndarray, size: np.ndarray, others: np.ndarray, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the interval of an area whose pairs lie within strata: every area from which this one is not too far.

    An area a is too far from the one that was found if they differ by more than z standard errors, those of a: the
    score interval of Newcombe (2006, Statistics in Medicine 25, 559), as Wilson's is of a share. So it has a width at
    1, too, where the error of what was found is 0. The variance of a stratum is Hanley and McNeil's (1982),

        a (1 - a) (1 + (s - 1) min(f, g) + (l - 1) max(f, g)) / m n,   f = (1 - a) / (2 - a),   g = a / (1 + a),

    of groups of m and n clips, s the smaller of the two and l the larger. They have m with f and n with g, which is
    too little where the larger group is the one that lies higher; here it doesn't matter which of them it is. Strata's
    errors, weighted by their pairs, add up squared.

    Args:
        area: over all pairs, "neuron".
        size: clips of the group, "stratum neuron".
        others: clips that it is compared with, "stratum neuron".
        confidence: of the interval.

    Returns:
        Low and high, "neuron"; NaN where the area is.
    """
    from scipy.special import ndtri

    pairs = size * np.asarray(others, dtype=np.float64)
    total = np.maximum(pairs.sum(axis=0), 1)
    smaller = (pairs * (np.minimum(size, others) - 1)).sum(axis=0) / total**2
    larger = (pairs * (np.maximum(size, others) - 1)).sum(axis=0) / total**2
    reach = float(ndtri((1 + confidence) / 2)) ** 2

    def is_too_far(a: np.ndarray) -> np.ndarray:
        f, g = (1 - a) / (2 - a), a / (1 + a)
        variance = a * (1 - a) * (1 / total + smaller * np.minimum(f, g) + larger * np.maximum(f, g))
        return np.square(area - a) > reach * variance

    low = _border(is_too_far, np.zeros_like(area, dtype=np.float64), area)
    high = _border(is_too_far, np.ones_like(area, dtype=np.float64), area)
    return low, high


def _border(is_too_far: Callable[[np.ndarray], np.ndarray], far: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Where what is too far ends, by halving, to 1e-9; never nearer than the area itself, and NaN where that is."""
    near = near.astype(np.float64)
    for _ in range(HALVINGS):
        middle = (far + near) / 2
        beyond = is_too_far(middle)
        far, near = np.where(beyond, middle, far), np.where(beyond, near, middle)
    return near


def auroc_error(area: np.ndarray, size: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Standard error after Hanley and McNeil (1982), from the area and the two group sizes; the arguments broadcast."""
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (size - 1) * (first - area**2) + (others - 1) * (second - area**2)) / (
        size * others
    )
    return np.sqrt(np.maximum(variance, 0))


def false_discovery_rate(p: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's q values; NaN stays NaN and is not counted as a test."""
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    # p n / n may round to just below p, and a q value never is
    q[order] = np.maximum(p[order], np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1]))
    return q


def false_discovery_rates(p: np.ndarray) -> np.ndarray:
    """:func:`false_discovery_rate` of each row by itself ("neuron test")."""
    order = np.argsort(p, axis=1, kind="stable")  # NaN last
    ordered = np.take_along_axis(p, order, axis=1)
    tested = (~np.isnan(p)).sum(axis=1, keepdims=True)
    scaled = ordered * tested / np.arange(1, p.shape[1] + 1)
    lowest = np.fmin.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]
    q = np.empty_like(scaled)
    np.put_along_axis(q, order, np.maximum(ordered, np.minimum(1.0, lowest)), axis=1)
    return q
