"""When in a clip a unit fires: where its output over time is largest and smallest, and that output in few bins.

The paper pools a clip to one number (docs/deviations.md, moments). Here the same output is kept by time: at each step
the mean over the tokens that hear it, or with pooling ``max`` the largest. A CLS token hears no time of its own; with
pooling ``cls`` it is asked when the same unit fires on the sound's tokens.
"""

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


class Moments(NamedTuple):
    """Of the units of one layer on a batch.

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


def moments(
    output: Tensor, sound_tokens: Tensor, reading: Reading, timeline: Timeline, pooling: Pooling
) -> Moments | None:
    """The moments of a layer's output; None where it has no time.

    Args:
        output: as a layer puts it out.
        sound_tokens: bool "clip token".
        reading: the layer's.
        timeline: of the tokens of ``sound_tokens``.
        pooling: the target's.
    """
    if output.ndim == 2 or reading.time_axis is None:
        return None
    if reading.time_axis == "tokens":
        if output.shape[:2] != sound_tokens.shape:
            return None
        trace, heard = _of_tokens(output, sound_tokens, timeline, pooling)
    else:
        steps = output.shape[reading.time_axis]
        trace, heard = _of_axis(output, reading, reading.time_axis, pooling), steps_heard(sound_tokens, steps)
        timeline = timeline.of_steps(sound_tokens.shape[1], steps)
    return Moments(*marked(trace, heard), timeline)


def _of_tokens(output: Tensor, sound: Tensor, timeline: Timeline, pooling: Pooling) -> tuple[Tensor, Tensor]:
    """Mean or maximum over the bands of each step, float32 "clip step unit", and which steps hear sound."""
    tokens, sound = output[:, timeline.special :], sound[:, timeline.special :]
    if timeline.bands == 1:
        return tokens.float(), sound
    if timeline.is_band_major:
        tokens, heard = tokens.unflatten(1, (timeline.bands, -1)), sound.unflatten(1, (timeline.bands, -1))[:, 0]
        return (tokens.amax(dim=1).float() if pooling == "max" else tokens.mean(dim=1, dtype=torch.float32)), heard
    tokens, sound = tokens.unflatten(1, (-1, timeline.bands)), sound.unflatten(1, (-1, timeline.bands))
    heard = sound.any(dim=2)
    is_whole = sound.device.type == "cpu" and bool((heard == sound.all(dim=2)).all())
    if pooling == "max":
        tokens = tokens if is_whole else tokens.masked_fill(~sound[..., None], -torch.inf)
        return tokens.amax(dim=2).float(), heard
    if is_whole:
        return tokens.mean(dim=2, dtype=torch.float32), heard
    weights = sound / sound.sum(dim=2, keepdim=True).clamp(min=1)
    with exact(tokens):
        return torch.matmul(weights[:, :, None], tokens.float())[:, :, 0], heard


def _of_axis(output: Tensor, reading: Reading, time_axis: int, pooling: Pooling) -> Tensor:
    """Mean or maximum over all axes but those of clips, units and time, float32 "clip step unit"."""
    positions = output.movedim((time_axis, reading.unit_axis), (1, 2)).float()
    if positions.ndim == 3:
        return positions
    return positions.flatten(3).amax(dim=3) if pooling == "max" else positions.flatten(3).mean(dim=3)


def marked(trace: Tensor, heard: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
    """Peaks, profile and number of heard steps, as :class:`Moments` has them.

    Args:
        trace: float32 "clip step unit".
        heard: bool "clip step", true from the first step up to some step.
    """
    steps, count = trace.shape[1], heard.sum(dim=1)
    # of a GPU the answer would have to be waited for
    is_whole = heard.device.type == "cpu" and bool(heard.all())
    above, below = (trace, trace) if is_whole else _bounded(trace, heard)
    high, low = above.amax(dim=1, keepdim=True), below.amin(dim=1, keepdim=True)
    peaks = None
    if steps > BINS:
        peaks = torch.stack([_first(above - high), _first(low - below)], dim=1)
        trace, heard = _binned(trace, heard), torch.arange(BINS, device=count.device) < count[:, None]
        above, below = _bounded(trace, heard)
        high, low = above.amax(dim=1, keepdim=True), below.amin(dim=1, keepdim=True)
    # rounded up from a hair above TOP - 1, so that TOP is the largest's own, as 0 is the smallest's
    scale = (TOP - 1 + HAIR) / (high - low).clamp_(min=torch.finfo(torch.float32).tiny * TOP)
    profile = (trace - low).mul_(scale).ceil_()
    if not is_whole or steps > BINS:
        profile.masked_fill_(~heard[:, :, None], 0)
    return peaks, profile.to(torch.uint8), count


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
