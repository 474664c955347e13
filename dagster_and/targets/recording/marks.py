"""The moments of all layers of a target on some clips, as they are kept beside the activations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dagster_and.devices.placement import Placement
from dagster_and.method.activations.moments import Moments
from dagster_and.targets.layers import Layer
from dagster_and.targets.target import Target

VERSION = 1
"""Raised whenever a target would give other moments from the same sound: what was kept before is then left alone."""


@dataclass(frozen=True)
class Marks:
    """Of some clips, neurons numbered in layer order.

    ``peaks`` "clip end neuron": steps, of the largest output and of the smallest; 0 where the profile tells it.
    ``profile`` uint8 "clip bin neuron", as :class:`dagster_and.method.activations.moments.Moments` has it. ``timing``
    float64 "clip layer fact": where the first step begins, the way to the next and what one hears, in seconds, and how
    many of them hear sound; 0 of a layer without time.
    """

    peaks: np.ndarray
    profile: np.ndarray
    timing: np.ndarray

    def first(self, clips: int) -> "Marks":
        """Of the first clips."""
        return Marks(self.peaks[:clips], self.profile[:clips], self.timing[:clips])

    @classmethod
    def joined(cls, marks: Sequence["Marks"]) -> "Marks":
        """Of all clips, in their order."""
        bins = max(some.profile.shape[1] for some in marks)
        padded = [
            np.pad(some.profile, ((0, 0), (0, bins - some.profile.shape[1]), (0, 0)))
            if some.profile.shape[1] < bins
            else some.profile
            for some in marks
        ]
        return cls(
            np.concatenate([some.peaks for some in marks]),
            np.concatenate(padded),
            np.concatenate([some.timing for some in marks]),
        )


def has_moments(target: Target) -> bool:
    """Whether a layer of the target has time; a head and what is pooled have none."""
    return target.frontend.timeline is not None and any(
        layer.reading.time_axis is not None for layer in target.layers if layer is not target.head
    )


def fetched(
    moments: Mapping[str, Moments], layers: Sequence[Layer], clips: int, placement: Placement
) -> Callable[[], Marks]:
    """Start to bring the moments of one batch to the CPU; what is given waits for them, and puts them together."""
    coming = {
        name: (
            placement.fetched(found.profile),
            placement.fetched(found.heard),
            None if found.peaks is None else placement.fetched(found.peaks),
            found.timeline,
        )
        for name, found in moments.items()
    }

    def arrived() -> Marks:
        here = {name: (profile(), heard(), peaks and peaks()) for name, (profile, heard, peaks, _) in coming.items()}
        neurons = sum(layer.width for layer in layers)
        latest = max((int(own.max(initial=0)) for _, _, own in here.values() if own is not None), default=0)
        peaks = np.zeros((clips, 2, neurons), np.min_scalar_type(latest))
        bins = max((own.shape[1] for own, _, _ in here.values()), default=0)
        profile = np.zeros((clips, bins, neurons), np.uint8)
        timing = np.zeros((clips, len(layers), 4))
        first = 0
        for place, layer in enumerate(layers):
            if layer.name in here:
                span = slice(first, first + layer.width)
                own_profile, heard, own_peaks = here[layer.name]
                if own_peaks is not None:
                    peaks[..., span] = own_peaks
                profile[:, : own_profile.shape[1], span] = own_profile
                line = coming[layer.name][-1]
                timing[:, place, :3] = line.start_s, line.step_s, line.span_s
                timing[:, place, 3] = heard
            first += layer.width
        return Marks(peaks, profile, timing)

    return arrived
