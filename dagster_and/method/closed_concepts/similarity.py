"""The five similarity functions of CLIP-Dissect (Oikarinen and Weng 2023), as AND takes them over (section 3.1).

Each compares how well clips match concepts, P ("clip concept"), with a layer's activations, A ("clip neuron"), and
gives a score ("neuron concept"); a higher score is a better match, comparable only within one function. Everything runs
in float64, clips of equal activation keep their order, and every score is finite (docs/similarity.md says what stands
in for 0 / 0). A layer's clips are ranked once for all functions, and no further than the longest needs.

P and A lie on one device, which knows float64; there everything is computed. A neuron's clips are ranked the same on
all devices, and scores differ by rounding in float64.
"""

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

WPMI_CLIPS, WPMI_TEMPERATURE, WPMI_WEIGHT = 28, 2.0, 0.6
SOFT_CLIPS, SOFT_TEMPERATURE, SOFT_WEIGHT = 100, 10.0, 1.0
SOFT_START, SOFT_END = 0.998, 0.97
SMALLEST_PROBABILITY = 1e-7
SMALLEST_NORM = 1e-3
TOP_FRACTION, REORDER_SCALE = 0.05, 0.5
SMALLEST_MATCH = 1e-12
BUFFER_ELEMENTS = 1 << 20
BUFFER_ELEMENTS_OF_A_GPU = 1 << 25
"""Many small steps leave a GPU waiting: a quarter of a GiB in float64, several times."""


class Layer:
    """A layer's activations over some clips: float32 or float64, "neuron clip", every one finite.

    Raises:
        ValueError: there are no clips, or a value is not finite.
    """

    def __init__(self, activation: Tensor):
        if activation.ndim != 2 or not activation.shape[1]:
            raise ValueError(f"no clips: A is {tuple(activation.shape)}")
        _refuse_what_is_not_finite("A", activation.T)
        self.activation = activation.contiguous()

    @property
    def clips(self) -> int:
        """How many clips there are."""
        return self.activation.shape[1]

    def top(self, k: int) -> Tensor:
        """Each neuron's k most activating clips ("neuron rank"), fewer if there are fewer; ties in clip order."""
        return self._top[:, : min(k, self.clips)]

    @property
    def top_fraction(self) -> int:
        """Clips of the top 5 %, at least two."""
        return max(2, int(TOP_FRACTION * self.clips))

    @cached_property
    def _top(self) -> Tensor:
        most = min(self.clips, max(WPMI_CLIPS, SOFT_CLIPS, self.top_fraction))
        if self.activation.dtype != torch.float32:
            return torch.sort(self.activation, dim=1, descending=True, stable=True).indices[:, :most]
        top = torch.empty(len(self.activation), most, dtype=torch.long, device=self.activation.device)
        for span in self.spans(self.clips):
            # bits of a float, negative ones turned over, are in its order; beside them the place, first clip highest
            bits = (self.activation[span] + 0.0).view(torch.int32)
            ordered = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).long()
            keys = (ordered << 32) | (self.clips - 1 - torch.arange(self.clips, device=bits.device))
            top[span] = torch.topk(keys, most, dim=1).indices
        return top

    def spans(self, elements_each: int) -> Iterator[slice]:
        """Neurons in spans of which each holds at most ``BUFFER_ELEMENTS``, on a GPU more."""
        most = BUFFER_ELEMENTS if self.activation.device.type == "cpu" else BUFFER_ELEMENTS_OF_A_GPU
        step = max(1, most // max(1, elements_each))
        for start in range(0, len(self.activation), step):
            yield slice(start, min(start + step, len(self.activation)))


class Match:
    """How well clips match concepts, float64 "clip concept".

    Raises:
        ValueError: a value is not finite.
    """

    def __init__(self, concept_match: Tensor):
        _refuse_what_is_not_finite("P", concept_match)
        self.values = concept_match.double()

    @cached_property
    def dense_ranks(self) -> np.ndarray:
        """Each clip's place by each concept, best first, equal ones the same: int64 "concept clip"."""
        columns = -self.values.T.cpu().numpy()
        return np.stack([np.unique(column, return_inverse=True)[1] for column in columns])


def cosine(match: Match, layer: Layer) -> Tensor:
    """Cosine of the raw columns; 0 where a column is all zero."""
    return _cosine(match.values, layer, lambda columns: columns, 0.0)


def cosine_cubed(match: Match, layer: Layer) -> Tensor:
    """Subtract each column's mean, cube, then cosine with norms floored at 1e-3."""
    return _cosine(match.values, layer, _cubed, SMALLEST_NORM)


def wpmi(match: Match, layer: Layer) -> Tensor:
    """Weighted pointwise mutual information over a neuron's 28 top clips; the layer's neurons are the reference."""
    log_likelihood = torch.log(torch.softmax(WPMI_TEMPERATURE * match.values, dim=1) + SMALLEST_PROBABILITY)
    evidence = _sum_over(layer, layer.top(WPMI_CLIPS), log_likelihood)
    return evidence - WPMI_WEIGHT * _log_mean(evidence)


def soft_wpmi(match: Match, layer: Layer) -> Tensor:
    """WPMI in which the r-th of 100 top clips counts with a probability that falls linearly from 0.998 towards 0.97.

    The sum of logs is the log of the product: each factor is over 0.002, so a hundred of them don't underflow.
    """
    likelihood = torch.softmax(SOFT_TEMPERATURE * match.values, dim=1)
    top = layer.top(SOFT_CLIPS)
    weight = (SOFT_START - np.arange(top.shape[1]) / SOFT_CLIPS * (SOFT_START - SOFT_END)).tolist()
    evidence = likelihood.new_empty(len(top), likelihood.shape[1])
    for span in layer.spans(8 * likelihood.shape[1]):
        product = likelihood.new_ones(span.stop - span.start, likelihood.shape[1])
        for clips, w in zip(top[span].T, weight, strict=True):
            product *= likelihood[clips].mul_(w).add_(1 - w + SMALLEST_PROBABILITY)
        evidence[span] = product.log_()
    return evidence - SOFT_WEIGHT * _log_mean(evidence)


def rank_reorder(match: Match, layer: Layer) -> Tensor:
    """Over a neuron's top 5 % of clips: how far off are the activations when the clips are ordered by the concept?

    error = mean |a_r - a_s|^3, where r is a clip's rank by activation and s its rank by concept match; divided by its
    expectation over random orders, which is the mean of |a_i - a_j|^3 over all pairs (each clip is as likely to get
    one activation as another), and by the square root of the clips' mean match. Score = -error.
    """
    top = layer.top(layer.top_fraction)
    level = torch.gather(layer.activation, 1, top).double()
    error = _error_of_orders(match, layer, top, level)
    expected = _mean_over_pairs(level)[:, None]
    ratio = torch.where(expected > 0, error / torch.where(expected > 0, expected, 1.0), 1.0)
    mean_match = _sum_over(layer, top, match.values) / top.shape[1]
    return -ratio / mean_match.clamp(min=SMALLEST_MATCH) ** REORDER_SCALE


SIMILARITIES: dict[str, Callable[[Match, Layer], Tensor]] = {
    function.__name__: function for function in (cosine, cosine_cubed, wpmi, soft_wpmi, rank_reorder)
}
"""The five functions by name, in the paper's order."""


def refuse_other_clips(match: Match, layer: Layer) -> None:
    """A match and a layer go together only over the same clips.

    Raises:
        ValueError: the clips differ in number.
    """
    if len(match.values) != layer.clips:
        of_layer = tuple(layer.activation.T.shape)
        raise ValueError(f"clips must agree: P is {tuple(match.values.shape)}, A is {of_layer}")


def _refuse_what_is_not_finite(name: str, values: Tensor) -> None:
    if not bool(torch.isfinite(values).all()):
        clip, column = (~torch.isfinite(values)).nonzero()[0].tolist()
        raise ValueError(f"{name} is not finite at clip {clip}, column {column}")


def _cubed(columns: Tensor) -> Tensor:
    centred = columns - columns.mean(dim=0)
    return centred * centred * centred


def _cosine(match: Tensor, layer: Layer, shaped: Callable[[Tensor], Tensor], smallest_norm: float) -> Tensor:
    concepts, scores = _unit(shaped(match), smallest_norm), match.new_empty(len(layer.activation), match.shape[1])
    for span in layer.spans(layer.clips):
        columns = shaped(layer.activation[span].double().T)
        scores[span] = (columns.T @ concepts) / _floored(columns.norm(dim=0), smallest_norm)[:, None]
    return scores


def _unit(columns: Tensor, smallest_norm: float) -> Tensor:
    return columns / _floored(columns.norm(dim=0), smallest_norm)


def _floored(norm: Tensor, smallest_norm: float) -> Tensor:
    return norm.clamp(min=smallest_norm) if smallest_norm else torch.where(norm > 0, norm, 1.0)


def _sum_over(layer: Layer, top: Tensor, values: Tensor) -> Tensor:
    """Sum of values ("clip concept") over each neuron's clips ("neuron rank"): "neuron concept"."""
    total = values.new_empty(len(top), values.shape[1])
    for span in layer.spans(layer.clips):
        own = values.new_zeros(span.stop - span.start, layer.clips)
        total[span] = own.scatter_(1, top[span], 1.0) @ values
    return total


def _error_of_orders(match: Match, layer: Layer, top: Tensor, level: Tensor) -> Tensor:
    """Mean of |a_r - a_s|^3 over the top clips: "neuron concept".

    One sort of integers: a clip's place by the concept, and behind it its rank by activation, which also decides
    between clips that match equally.
    """
    ranks, places = top.shape[1], match.dense_ranks
    bits = max(1, (ranks - 1).bit_length())
    if top.device.type != "cpu":
        return error_of_orders_in_torch(places, bits, layer, top, level)
    kind = np.int32 if bits + int(places.max(initial=0)).bit_length() < 32 else np.int64
    keys, levels, clips = (places << bits).astype(kind), level.numpy(), top.numpy()
    error = torch.empty(len(top), len(places), dtype=torch.float64)
    for span in layer.spans(ranks * len(places)):
        ordered = keys[:, clips[span]] | np.arange(ranks, dtype=kind)  # "concept neuron rank"
        ordered.sort(axis=2)
        ordered &= (1 << bits) - 1
        own = levels[span]
        off = np.abs(own[np.arange(len(own))[:, None], ordered] - own)
        error[span] = torch.from_numpy(np.einsum("cnr,cnr,cnr->nc", off, off, off) / ranks)
    return error


def error_of_orders_in_torch(places: np.ndarray, bits: int, layer: Layer, top: Tensor, level: Tensor) -> Tensor:
    """The same sort and sums by torch, for a GPU; on the CPU numpy sorts several times faster."""
    keys = torch.from_numpy(places << bits).to(top.device)
    ranks, own_rank = top.shape[1], torch.arange(top.shape[1], device=top.device)
    error = level.new_empty(len(top), len(keys))
    for span in layer.spans(ranks * len(keys)):
        ordered = (keys[:, top[span]] | own_rank).sort(dim=2).values & ((1 << bits) - 1)  # "concept neuron rank"
        own = level[span].expand(len(keys), -1, -1)
        off = (torch.gather(own, 2, ordered) - own).abs()
        error[span] = ((off * off * off).sum(dim=2) / ranks).T
    return error


def _log_mean(evidence: Tensor) -> Tensor:
    """Log of the mean over neurons of exp(evidence): "1 concept"."""
    neurons = evidence.new_tensor(float(len(evidence)))
    return torch.logsumexp(evidence, dim=0, keepdim=True) - torch.log(neurons)


def _mean_over_pairs(values: Tensor) -> Tensor:
    """Mean of |a_i - a_j|^3 over all pairs of ranks, i = j included ("neuron rank"): "neuron".

    Sorted values have signed differences, so the cubes' sums are sums of powers: sum over j < i of (a_i - a_j)^3 in
    terms of the sums of a, a^2 and a^3 up to i. Values are first centred, which changes no difference.
    """
    a = torch.sort(values - values.mean(dim=1, keepdim=True), dim=1).values
    count = torch.arange(a.shape[1], dtype=a.dtype, device=a.device)
    first, second, third = ((a**power).cumsum(dim=1) - a**power for power in (1, 2, 3))
    cubes = count * a**3 - 3 * a**2 * first + 3 * a * second - third
    return (2 * cubes.sum(dim=1) / a.shape[1] ** 2).clamp(min=0)
