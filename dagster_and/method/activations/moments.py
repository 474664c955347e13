"""When in a clip a unit fires: where its output over time is largest and smallest, and that output in few bins.

The paper pools a clip to one number (docs/deviations.md, moments). Here the same output is kept by time: at each step
the mean over the tokens that hear it, or with pooling ``max`` the largest. A CLS token hears no time of its own; with
pooling ``cls`` it is asked when the same unit fires on the sound's tokens.
"""

from collections.abc import Hashable
from typing import NamedTuple

import torch
from torch import Tensor

from dagster_and.method.activations.pooling import exact, steps_heard
from dagster_and.method.activations.reading import Pooling, Reading
from dagster_and.method.activations.timeline import Timeline

BINS = 16
"""Most bins of a profile. One of fewer steps has a bin for each."""
TOP = 255
"""What a profile's largest bin is; its smallest one is 0."""
HAIR = 2.5e-4
"""Some ulps at ``TOP``."""


class Steps(NamedTuple):
    """The steps of all layers of one layout on a batch.

    ``heard`` bool "clip step": which hear sound, from the first step up to some step. ``is_whole``: all of them, as
    far as that can be told without waiting for a GPU. ``bands`` bool "clip step band": which tokens of each step hear
    sound, where that differs within a step; None where it does not, and of layers along whose axis time runs.
    """

    heard: Tensor
    timeline: Timeline
    is_whole: bool
    bands: Tensor | None = None


class Moments(NamedTuple):
    """Of the units of some layers on a batch, one layer after the other.

    ``profile`` uint8 "clip bin unit": bins of equal numbers of steps, as near as can be, from the smallest (0) to the
    largest (``TOP``) of the pair's own; only these have 0 and ``TOP``, up to rounding; 0 beyond the sound. ``peaks``
    "clip end unit": the first step at which the unit is largest, and at which it is smallest; None where every step has
    a bin, and so the profile tells it. ``heard`` "clip": steps that hear sound, from the first on. ``timeline``: the
    steps in seconds.
    """

    peaks: Tensor | None
    profile: Tensor
    heard: Tensor
    timeline: Timeline


def layout_of(output: Tensor, reading: Reading) -> Hashable:
    """What layers have in common whose steps on a batch are the same; None of a layer without time."""
    if output.ndim == 2 or reading.time_axis is None:
        return None
    return output.shape[:2] if reading.time_axis == "tokens" else output.shape[reading.time_axis]


def steps_of(output: Tensor, sound_tokens: Tensor, reading: Reading, timeline: Timeline) -> Steps | None:
    """The steps of the output of a layer with time; None where its tokens are not those of the inputs.

    Args:
        output: as a layer puts it out.
        sound_tokens: bool "clip token".
        reading: the layer's.
        timeline: of the tokens of ``sound_tokens``.
    """
    if reading.time_axis == "tokens":
        return _of_tokens(sound_tokens, timeline) if output.shape[:2] == sound_tokens.shape else None
    assert isinstance(reading.time_axis, int)
    steps = output.shape[reading.time_axis]
    heard = steps_heard(sound_tokens, steps)
    return Steps(heard, timeline.of_steps(sound_tokens.shape[1], steps), _are_all(heard))


def _of_tokens(sound_tokens: Tensor, timeline: Timeline) -> Steps:
    sound = sound_tokens[:, timeline.special :]
    if timeline.is_band_major:
        heard = sound.unflatten(1, (timeline.bands, -1))[:, 0]
    else:
        bands = sound.unflatten(1, (-1, timeline.bands))
        heard = bands.any(dim=2)
        if not _are_all(heard == bands.all(dim=2)):
            return Steps(heard, timeline, is_whole=False, bands=bands)
    return Steps(heard, timeline, _are_all(heard))


def _are_all(flags: Tensor) -> bool:
    """Whether all are true; of a GPU the answer would have to be waited for, and it is no."""
    return flags.device.type == "cpu" and bool(flags.all())


def trace(output: Tensor, steps: Steps, reading: Reading, pooling: Pooling) -> Tensor:
    """A layer's output over time, float32 "clip step unit": the mean or maximum over what hears each step.

    Of its own memory: what follows may write over the output.
    """
    if reading.time_axis == "tokens":
        return _over_bands(output[:, steps.timeline.special :], steps, pooling)
    assert isinstance(reading.time_axis, int)
    positions = output.movedim((reading.time_axis, reading.unit_axis), (1, 2))
    if positions.ndim == 3:
        return positions.to(torch.float32, copy=True)
    positions = positions.float().flatten(3)
    return positions.amax(dim=3) if pooling == "max" else positions.mean(dim=3)


def _over_bands(tokens: Tensor, steps: Steps, pooling: Pooling) -> Tensor:
    line, bands = steps.timeline, steps.bands
    if line.bands == 1:
        return tokens.to(torch.float32, copy=True)
    clips, count, units = tokens.shape
    across = (line.bands, count // line.bands) if line.is_band_major else (count // line.bands, line.bands)
    tokens, axis = tokens.view(clips, *across, units), 1 if line.is_band_major else 2
    if pooling == "max":
        tokens = tokens if bands is None else tokens.masked_fill(~bands[..., None], -torch.inf)
        return tokens.amax(dim=axis).float()
    if bands is None:
        return tokens.mean(dim=axis, dtype=torch.float32)
    weights = bands / bands.sum(dim=2, keepdim=True).clamp(min=1)
    with exact(tokens):
        return torch.matmul(weights[:, :, None], tokens.float())[:, :, 0]


def moments(traced: Tensor, steps: Steps) -> Moments:
    """The moments of units by what they put out over time, float32 "clip step unit"."""
    heard, count, is_whole = steps.heard, steps.heard.sum(dim=1), steps.is_whole
    above, below = (traced, traced) if is_whole else _bounded(traced, heard)
    high, low = above.amax(dim=1, keepdim=True), below.amin(dim=1, keepdim=True)
    peaks = None
    if traced.shape[1] > BINS:
        peaks = torch.stack([_first(above - high), _first(low - below)], dim=1)
        traced, heard = _binned(traced, heard), torch.arange(BINS, device=count.device) < count[:, None]
        above, below = _bounded(traced, heard)
        high, low = above.amax(dim=1, keepdim=True), below.amin(dim=1, keepdim=True)
        is_whole = False
    # rounded up from a hair above TOP - 1, so that TOP is the largest's own, as 0 is the smallest's
    scale = (TOP - 1 + HAIR) / (high - low).clamp_(min=torch.finfo(torch.float32).tiny * TOP)
    profile = (traced - low).mul_(scale).ceil_()
    if not is_whole:
        profile.masked_fill_(~heard[:, :, None], 0)
    return Moments(peaks, profile.to(torch.uint8), count, steps.timeline)


def _bounded(trace: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
    silent = ~heard[:, :, None]
    return trace.masked_fill(silent, -torch.inf), trace.masked_fill(silent, torch.inf)


def _first(below: Tensor) -> Tensor:
    """The first step at which what is nowhere above 0 is 0, "clip unit": sooner than by argmax, slow across units."""
    steps = below.shape[1]
    left = torch.arange(steps, 0, -1, dtype=torch.float32, device=below.device)[:, None]
    reached = torch.add(left, below.sign_(), alpha=steps).amax(dim=1)  # of others at most 0
    return (steps - reached).to(torch.uint8 if steps <= TOP else torch.int32)


def _binned(trace: Tensor, heard: Tensor) -> Tensor:
    """Means over bins of the heard steps, "clip bin unit"; as many bins as a clip has steps where these are fewer."""
    steps, count = trace.shape[1], heard.sum(dim=1, keepdim=True)
    place = torch.arange(steps, device=trace.device) * count.clamp(max=BINS) // count.clamp(min=1)
    is_in = (place[:, None] == torch.arange(BINS, device=trace.device)[:, None]) & heard[:, None]
    with exact(trace):
        return torch.matmul(is_in / is_in.sum(dim=2, keepdim=True).clamp(min=1), trace)
