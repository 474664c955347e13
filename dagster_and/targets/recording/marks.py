"""The moments of all layers of a target on some clips, as they are kept beside the activations."""

from collections.abc import Callable, Sequence
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

    ``peaks`` "clip end neuron": steps, of the largest output and of the smallest; 0 where the profile tells it, and of
    no neuron where it tells all.
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
        most = max(some.peaks.shape[2] for some in marks)
        peaks = [some.peaks if some.peaks.shape[2] == most else np.zeros((*some.peaks.shape[:2], most), np.uint8)
                 for some in marks]  # fmt: skip
        return cls(
            np.concatenate(peaks),
            np.concatenate(padded),
            np.concatenate([some.timing for some in marks]),
        )


def has_moments(target: Target) -> bool:
    """Whether a layer of the target has time; a head and what is pooled have none."""
    return target.frontend.timeline is not None and any(
        layer.reading.time_axis is not None for layer in target.layers if layer is not target.head
    )


def fetched(
    moments: Sequence[tuple[Sequence[str], Moments]], layers: Sequence[Layer], clips: int, placement: Placement
) -> Callable[[], Marks]:
    """Start to bring the moments of one batch to the CPU; what is given waits for them, and puts them together."""
    coming = [
        (
            names,
            placement.fetched(found.profile),
            placement.fetched(found.heard),
            None if found.peaks is None else placement.fetched(found.peaks),
            found.timeline,
        )
        for names, found in moments
    ]
    starts = np.cumsum([0, *(layer.width for layer in layers)])
    places = {layer.name: place for place, layer in enumerate(layers)}

    def arrived() -> Marks:
        here = [
            (_runs([places[name] for name in names], starts), profile(), heard(), peaks and peaks(), timeline)
            for names, profile, heard, peaks, timeline in coming
        ]
        latest = [int(own.max(initial=0)) for _, _, _, own, _ in here if own is not None]
        bins = max((own.shape[1] for _, own, _, _, _ in here), default=0)
        peaks = np.zeros((clips, 2, starts[-1] if latest else 0), np.min_scalar_type(max(latest, default=0)))
        profile = np.zeros((clips, bins, starts[-1]), np.uint8)
        timing = np.zeros((clips, len(layers), 4))
        for runs, own_profile, heard, own_peaks, line in here:
            for of_layers, of_neurons, own in runs:
                profile[:, : own_profile.shape[1], of_neurons] = own_profile[..., own]
                if own_peaks is not None:
                    peaks[..., of_neurons] = own_peaks[..., own]
                timing[:, of_layers, :3] = line.start_s, line.step_s, line.span_s
                timing[:, of_layers, 3] = heard[:, None]
        return Marks(peaks, profile, timing)

    return arrived


def _runs(places: Sequence[int], starts: np.ndarray) -> list[tuple[slice, slice, slice]]:
    """Layers that follow each other: their places, their neurons, and these among the units that lie together."""
    spans: list[range] = []
    for place in places:
        begins = spans.pop().start if spans and spans[-1].stop == place else place
        spans.append(range(begins, place + 1))
    runs: list[tuple[slice, slice, slice]] = []
    units = 0
    for span in spans:
        neurons = slice(int(starts[span.start]), int(starts[span.stop]))
        width = neurons.stop - neurons.start
        runs.append((slice(span.start, span.stop), neurons, slice(units, units + width)))
        units += width
    return runs
