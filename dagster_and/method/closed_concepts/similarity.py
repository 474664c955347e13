"""The five similarity functions of CLIP-Dissect (Oikarinen and Weng 2023), as AND takes them over (section 3.1).

Each compares how well clips match concepts, P ("clip concept"), with a layer's activations, A ("clip neuron"), and
gives a score ("neuron concept"); a higher score is a better match, comparable only within one function. Everything runs
in float64, clips of equal activation keep their order, and every score is finite (docs/similarity.md says what stands
in for 0 / 0).
"""

from collections.abc import Callable

import torch
from torch import Tensor

WPMI_CLIPS, WPMI_TEMPERATURE, WPMI_WEIGHT = 28, 2.0, 0.6
SOFT_CLIPS, SOFT_TEMPERATURE, SOFT_WEIGHT = 100, 10.0, 1.0
SOFT_START, SOFT_END = 0.998, 0.97
SMALLEST_PROBABILITY = 1e-7
SMALLEST_NORM = 1e-3
TOP_FRACTION, REORDER_POWER, REORDER_SCALE = 0.05, 3, 0.5
SMALLEST_MATCH = 1e-12
BUFFER_ELEMENTS = 1 << 24


def cosine(concept_match: Tensor, activation: Tensor) -> Tensor:
    """Cosine of the raw columns; 0 where a column is all zero."""
    match, act = _checked(concept_match, activation)
    return _unit(act, 0.0).T @ _unit(match, 0.0)


def cosine_cubed(concept_match: Tensor, activation: Tensor) -> Tensor:
    """Subtract each column's mean, cube, then cosine with norms floored at 1e-3."""
    match, act = _checked(concept_match, activation)
    match, act = (match - match.mean(dim=0)) ** 3, (act - act.mean(dim=0)) ** 3
    return _unit(act, SMALLEST_NORM).T @ _unit(match, SMALLEST_NORM)


def wpmi(concept_match: Tensor, activation: Tensor) -> Tensor:
    """Weighted pointwise mutual information over a neuron's 28 top clips; the layer's neurons are the reference."""
    match, act = _checked(concept_match, activation)
    log_likelihood = torch.log(torch.softmax(WPMI_TEMPERATURE * match, dim=1) + SMALLEST_PROBABILITY)
    top = _top_clips(act, min(WPMI_CLIPS, len(act)))
    evidence = _sum_over_top(log_likelihood, top, torch.ones(len(top), dtype=match.dtype), lambda p, _: p)
    return evidence - WPMI_WEIGHT * _log_mean(evidence)


def soft_wpmi(concept_match: Tensor, activation: Tensor) -> Tensor:
    """WPMI in which the r-th of 100 top clips counts with a probability that falls linearly from 0.998 towards 0.97."""
    match, act = _checked(concept_match, activation)
    likelihood = torch.softmax(SOFT_TEMPERATURE * match, dim=1)
    top = _top_clips(act, min(SOFT_CLIPS, len(act)))
    ranks = torch.arange(len(top), dtype=match.dtype)
    weight = SOFT_START - ranks / SOFT_CLIPS * (SOFT_START - SOFT_END)
    evidence = _sum_over_top(likelihood, top, weight, lambda q, w: torch.log(1 + w * (q - 1) + SMALLEST_PROBABILITY))
    return evidence - SOFT_WEIGHT * _log_mean(evidence)


def rank_reorder(concept_match: Tensor, activation: Tensor) -> Tensor:
    """Over a neuron's top 5 % of clips: how far off are the activations when the clips are ordered by the concept?

    error = mean |a_r - a_s|^3, where r is a clip's rank by activation and s its rank by concept match; divided by its
    expectation over random orders, which is the mean of |a_i - a_j|^3 over all pairs (each clip is as likely to get
    one activation as another), and by the square root of the clips' mean match. Score = -error.
    """
    match, act = _checked(concept_match, activation)
    top = _top_clips(act, min(len(act), max(2, int(TOP_FRACTION * len(act)))))
    values = torch.gather(act, 0, top)
    expected = _mean_over_pairs(values)
    scores = torch.empty(act.shape[1], match.shape[1], dtype=match.dtype)
    for span in _spans(act.shape[1], len(top) * match.shape[1]):
        chosen = match[top[:, span]]  # "rank neuron concept"
        order = torch.sort(chosen, dim=0, descending=True, stable=True).indices
        rank_by_concept = torch.argsort(order, dim=0)
        level = values[:, span, None].expand_as(chosen)
        given = torch.gather(level, 0, rank_by_concept)
        error = ((level - given).abs() ** REORDER_POWER).mean(dim=0)
        baseline = expected[span, None]
        ratio = torch.where(baseline > 0, error / torch.where(baseline > 0, baseline, 1.0), 1.0)
        scores[span] = -ratio / chosen.mean(dim=0).clamp(min=SMALLEST_MATCH) ** REORDER_SCALE
    return scores


SIMILARITIES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    function.__name__: function for function in (cosine, cosine_cubed, wpmi, soft_wpmi, rank_reorder)
}
"""The five functions by name, in the paper's order."""


def _checked(concept_match: Tensor, activation: Tensor) -> tuple[Tensor, Tensor]:
    """Both in float64.

    Raises:
        ValueError: the clips differ in number, there are none, or a value is not finite.
    """
    if concept_match.ndim != 2 or activation.ndim != 2 or len(concept_match) != len(activation) or not len(activation):
        raise ValueError(f"clips must agree: P is {tuple(concept_match.shape)}, A is {tuple(activation.shape)}")
    for name, values in (("P", concept_match), ("A", activation)):
        if not bool(torch.isfinite(values).all()):
            clip, column = (~torch.isfinite(values)).nonzero()[0].tolist()
            raise ValueError(f"{name} is not finite at clip {clip}, column {column}")
    return concept_match.double(), activation.double()


def _unit(columns: Tensor, smallest_norm: float) -> Tensor:
    norm = columns.norm(dim=0)
    floored = norm.clamp(min=smallest_norm) if smallest_norm else torch.where(norm > 0, norm, 1.0)
    return columns / floored


def _top_clips(activation: Tensor, k: int) -> Tensor:
    """Indices of each neuron's k most activating clips ("rank neuron"); equal activations in clip order."""
    return torch.sort(activation, dim=0, descending=True, stable=True).indices[:k]


def _sum_over_top(values: Tensor, top: Tensor, weight: Tensor, term: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Sum over ranks of term(values of that clip, weight of that rank): "neuron concept"."""
    total = torch.zeros(top.shape[1], values.shape[1], dtype=values.dtype)
    for rank, clips in enumerate(top):
        total += term(values[clips], weight[rank])
    return total


def _log_mean(evidence: Tensor) -> Tensor:
    """Log of the mean over neurons of exp(evidence): "1 concept"."""
    neurons = torch.tensor(float(len(evidence)), dtype=evidence.dtype)
    return torch.logsumexp(evidence, dim=0, keepdim=True) - torch.log(neurons)


def _mean_over_pairs(values: Tensor) -> Tensor:
    """Mean of |a_i - a_j|^3 over all pairs of ranks, i = j included: "neuron"."""
    total = torch.zeros(values.shape[1], dtype=values.dtype)
    for row in values:
        total += ((values - row).abs() ** REORDER_POWER).sum(dim=0)
    return total / len(values) ** 2


def _spans(neurons: int, elements_each: int) -> list[slice]:
    step = max(1, BUFFER_ELEMENTS // max(1, elements_each))
    return [slice(start, min(start + step, neurons)) for start in range(0, neurons, step)]
