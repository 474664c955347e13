"""Clips in the order of activation: sorted once, ranked among any of them by counting."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Order:
    """Every neuron's clips from the lowest activation to the highest.

    ``clips``: the clip at each place ("neuron place"). ``below`` and ``upto``: for each clip, the places under its
    value, and those up to it, equal values included ("neuron clip").
    """

    clips: np.ndarray
    below: np.ndarray
    upto: np.ndarray

    @classmethod
    def of(cls, activation: np.ndarray) -> "Order":
        """Of activations "neuron clip", finite."""
        clips = np.argsort(activation, axis=1)
        values = np.take_along_axis(activation, clips, axis=1)
        place = np.arange(activation.shape[1])
        is_first = np.pad(values[:, 1:] != values[:, :-1], ((0, 0), (1, 0)), constant_values=True)
        is_last = np.pad(is_first[:, 1:], ((0, 0), (0, 1)), constant_values=True)
        first = np.maximum.accumulate(np.where(is_first, place, 0), axis=1)
        last = np.minimum.accumulate(np.where(is_last, place, len(place))[:, ::-1], axis=1)[:, ::-1] + 1
        below, upto = np.empty_like(clips), np.empty_like(clips)
        np.put_along_axis(below, clips, first, axis=1)
        np.put_along_axis(upto, clips, last, axis=1)
        return cls(clips, below, upto)

    def rows(self, chosen: np.ndarray) -> "Order":
        """Of some of the neurons."""
        return Order(self.clips[chosen], self.below[chosen], self.upto[chosen])

    def counts(self, members: np.ndarray) -> np.ndarray:
        """How many members lie under each clip, those of its own value counted half: float32 "neuron clip".

        Args:
            members: bool "clip", or "neuron clip".
        """
        ordered = members[self.clips] if members.ndim == 1 else np.take_along_axis(members, self.clips, axis=1)
        summed = np.zeros((len(self.clips), self.clips.shape[1] + 1), dtype=np.float32)
        np.cumsum(ordered, axis=1, out=summed[:, 1:])
        return (np.take_along_axis(summed, self.below, axis=1) + np.take_along_axis(summed, self.upto, axis=1)) / 2

    def ranks(self, members: np.ndarray) -> np.ndarray:
        """Mid-ranks among the members, less their mean; 0 for other clips. float32 "neuron clip".

        The AUROC of a group of m of the n members is 1/2 + its summed ranks / (m (n - m)).
        """
        size = np.asarray(members.sum(axis=-1, keepdims=True), dtype=np.float32)
        return np.where(members, self.counts(members) - size / 2, np.float32(0))

    def influence(self, truth: np.ndarray, members: np.ndarray) -> np.ndarray:
        """What each clip adds to the AUROC of a group among the members, float64 "neuron clip".

        The root of the summed squares, over n, is the AUROC's standard error by the delta method, that of a difference
        the same of the difference of two: DeLong's test, for two groups under one score instead of two scores under
        one grouping (DeLong, DeLong and Clarke-Pearson 1988). The share of clips in the group counts as drawn, too.

        Args:
            truth: of the group, bool "neuron clip".
            members: bool "clip", or "neuron clip".
        """
        inside, outside = truth & members, ~truth & members
        size = np.maximum(inside.sum(axis=1, keepdims=True), 1)
        others = np.maximum(outside.sum(axis=1, keepdims=True), 1)
        own = self.counts(inside)
        below = (self.counts(members) - own) / others
        area = np.where(inside, below, 0).sum(axis=1, keepdims=True) / size
        clips = size + others
        return np.where(inside, (below - area) * clips / size, 0) + np.where(
            outside, (1 - own / size - area) * clips / others, 0
        )

    def error_of_difference(self, first: np.ndarray, second: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Standard error of the difference of two groups' AUROCs, "neuron"; groups as in :meth:`influence`."""
        return _error(self.influence(first, members) - self.influence(second, members), members)

    def error_of(self, truth: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Standard error of a group's AUROC, "neuron"; as in :meth:`influence`."""
        return _error(self.influence(truth, members), members)


def _error(influence: np.ndarray, members: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(influence).sum(axis=1)) / np.maximum(members.sum(axis=-1), 1)
