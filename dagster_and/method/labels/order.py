"""Clips in the order of activation: sorted once, ranked among any of them by counting.

A selective neuron fires on few clips, at most a twentieth of all: all that lie above the median, or, since a floor of
noise lies above it, too, as many as carry the squares of the activation above it (their effective size). Hardly any of
the squares lie below: who is as low on some clips as high on others follows their size, not what they are.

Where the clips that fire are some of many of a kind, hardly any form has a high AUROC: those of its clips on which the
neuron is silent speak against it. So there is an order in which the two sides change roles (:meth:`Order.of_firing`).
What counts in it is how well a form tells the clips that fire from the others:

    AUROC = 1/2 + (share of those clips of which it holds - share of the others of which it holds) / 2
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dagster_and.method.statistics.auroc import SMALLEST_GROUP

SELECTIVE_SHARE = 0.05
"""Share of the clips that a selective neuron fires on at most."""
ONE_SIDED = 0.75
"""Share of the squares about the median that lie above it, at least."""


@dataclass(frozen=True)
class Order:
    """Every neuron's clips from the lowest activation to the highest.

    ``clips``: the clip at each place ("neuron place"). ``below`` and ``upto``: for each clip, the places under its
    value, and those up to it, equal values included ("neuron clip"). ``firing``: the clips that the neuron fires on, if
    that is all that counts; else none ("neuron clip").
    """

    clips: np.ndarray
    below: np.ndarray
    upto: np.ndarray
    firing: np.ndarray

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
        return cls(clips, below, upto, np.zeros(activation.shape, dtype=bool))

    @classmethod
    def of_firing(cls, firing: np.ndarray) -> "Order":
        """Where all that counts is on which clips a neuron fires, bool "neuron clip"."""
        return replace(cls.of(firing), firing=firing)

    def rows(self, chosen: np.ndarray) -> "Order":
        """Of some of the neurons."""
        return Order(self.clips[chosen], self.below[chosen], self.upto[chosen], self.firing[chosen])

    def within(self, clips: np.ndarray) -> "Order":
        """Of some of the clips, bool "clip", as if there were no others."""
        key = clips.tobytes()
        if key not in self._within:
            self._within[key] = self._of_clips(clips)
        return self._within[key]

    @cached_property
    def _within(self) -> dict[bytes, "Order"]:
        return {}

    def _of_clips(self, clips: np.ndarray) -> "Order":
        neurons, places = self.clips.shape
        is_one = clips.take(self.clips)
        summed = np.zeros((neurons, places + 1), dtype=np.int64)
        np.cumsum(is_one, axis=1, out=summed[:, 1:])
        ordered = (np.cumsum(clips) - 1).take(self.clips[is_one]).reshape(neurons, clips.sum())
        below, upto = (summed.take(at[:, clips]) for at in (self._below_at, self._upto_at))
        return Order(ordered, below, upto, self.firing[:, clips])

    def where(self, condition: np.ndarray, other: "Order") -> "Order":
        """This where the condition holds ("neuron"), and the other elsewhere."""
        names = ("clips", "below", "upto", "firing")
        return Order(*(np.where(condition[:, None], getattr(self, name), getattr(other, name)) for name in names))

    def counts(self, members: np.ndarray) -> np.ndarray:
        """How many members lie under each clip, those of its own value counted half: float32 "neuron clip".

        Args:
            members: bool "clip", or "neuron clip".
        """
        neurons, clips = self.clips.shape
        ordered = members.take(self.clips if members.ndim == 1 else self._clips_at)
        summed = np.zeros((neurons, clips + 1), dtype=np.float32)
        np.cumsum(ordered.astype(np.float32), axis=1, out=summed[:, 1:])
        below = summed.take(self._below_at)
        if self.is_untied:
            return np.add(below, members * np.float32(0.5), out=below)
        below += summed.take(self._upto_at)
        below /= 2
        return below

    @cached_property
    def _clips_at(self) -> np.ndarray:
        """Positions of ``clips`` in a flat "neuron clip"; such are taken several times as fast."""
        return self.clips + np.arange(0, self.clips.size, max(self.clips.shape[1], 1))[:, None]

    @cached_property
    def _below_at(self) -> np.ndarray:
        """Positions of ``below`` in flat sums, "neuron place", of one place more."""
        return self.below + np.arange(len(self.below))[:, None] * (self.below.shape[1] + 1)

    @cached_property
    def _upto_at(self) -> np.ndarray:
        return self.upto + np.arange(len(self.upto))[:, None] * (self.upto.shape[1] + 1)

    def ranks(self, members: np.ndarray) -> np.ndarray:
        """Mid-ranks among the members, less their mean; 0 for other clips. float32 "neuron clip".

        The AUROC of a group of m of the n members is 1/2 + its summed ranks / (m (n - m)).
        """
        size = np.asarray(members.sum(axis=-1, keepdims=True), dtype=np.float32)
        return np.where(members, self.counts(members) - size / 2, np.float32(0))

    @cached_property
    def is_untied(self) -> bool:
        """Whether no neuron has two equal activations."""
        return bool((self.upto - self.below == 1).all())

    @property
    def is_firing(self) -> np.ndarray:
        """Of which neurons all that counts is on which clips they fire, bool "neuron"."""
        return np.asarray(self.firing.any(axis=1))

    def fires(self, members: np.ndarray) -> np.ndarray:
        """On how many of the members it fires, if that is all that counts, else 0: int "neuron 1"."""
        return (self.firing & members).sum(axis=1, keepdims=True)

    def influence(self, truth: np.ndarray, members: np.ndarray) -> np.ndarray:
        """What each clip adds to the AUROC of a form among the members, float64 "neuron clip".

        The root of the summed squares, over n, is the AUROC's standard error by the delta method, that of a difference
        the same of the difference of two: DeLong's test, for two groups under one score instead of two scores under
        one grouping (DeLong, DeLong and Clarke-Pearson 1988). The share of clips in the group counts as drawn, too.

        Args:
            truth: of the group, bool "neuron clip".
            members: bool "clip", or "neuron clip".
        """
        return self._influence(truth, members, self.counts(members))

    def _influence(self, truth: np.ndarray, members: np.ndarray, counted: np.ndarray) -> np.ndarray:
        found = self._influence_of_clips(truth, members, counted)
        firing = np.flatnonzero(self.is_firing)
        if len(firing):
            within = members if members.ndim == 1 else members[firing]
            found[firing] = self.rows(firing)._influence_of_firing(truth[firing], within)
        return found

    def _influence_of_clips(self, truth: np.ndarray, members: np.ndarray, counted: np.ndarray) -> np.ndarray:
        inside, outside = truth & members, ~truth & members
        size = np.maximum(inside.sum(axis=1, keepdims=True), 1)
        others = np.maximum(outside.sum(axis=1, keepdims=True), 1)
        own = self.counts(inside)
        below = (counted - own) / others
        area = np.where(inside, below, 0).sum(axis=1, keepdims=True) / size
        clips, above = size + others, 1 - own / size
        for side, count in ((below, size), (above, others)):  # in place: there are many
            side -= area
            side *= clips
            side /= count
        return np.where(inside, below, np.where(outside, above, 0))

    def _influence_of_firing(self, truth: np.ndarray, members: np.ndarray) -> np.ndarray:
        found = np.zeros(truth.shape)
        clips = members.sum(axis=-1, keepdims=True)
        for side, sign in ((self.firing & members, 0.5), (~self.firing & members, -0.5)):
            size = np.maximum(side.sum(axis=1, keepdims=True), 1)
            share = (truth & side).sum(axis=1, keepdims=True) / size
            found += np.where(side, sign * (truth - share) * clips / size, 0)
        return found

    def error_of_difference(self, first: np.ndarray, second: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Standard error of the difference of two groups' AUROCs, "neuron"; groups as in :meth:`influence`."""
        counted = self.counts(members)
        influence = self._influence(first, members, counted)
        influence -= self._influence(second, members, counted)
        return _error(influence, members)

    def error_of(self, truth: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Standard error of a group's AUROC, "neuron"; as in :meth:`influence`."""
        return _error(self.influence(truth, members), members)


def firing_clips(activation: np.ndarray) -> np.ndarray:
    """The clips that selective neurons fire on, none of others: bool "neuron clip"."""
    about = (activation - np.median(activation, axis=1, keepdims=True)).astype(np.float64)
    above, below = np.maximum(about, 0), np.minimum(about, 0)
    power = np.square(above)
    total, fourth = power.sum(axis=1), np.square(power).sum(axis=1)
    over, carriers = (above > 0).sum(axis=1), np.rint(np.square(total) / np.where(fourth > 0, fourth, 1))
    most = SELECTIVE_SHARE * activation.shape[1]
    size = np.where(over <= most, over, carriers).astype(np.int64)
    is_selective = (size >= SMALLEST_GROUP) & (size <= most)
    is_selective &= total >= ONE_SIDED * (total + np.square(below).sum(axis=1))
    border = np.take_along_axis(-np.sort(-above, axis=1), np.maximum(size - 1, 0)[:, None], axis=1)
    return is_selective[:, None] & (above >= border) & (above > 0)


def _error(influence: np.ndarray, members: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(influence).sum(axis=1)) / np.maximum(members.sum(axis=-1), 1)
