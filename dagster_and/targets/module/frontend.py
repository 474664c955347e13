"""What a network of one's own hears of a batch of clips."""

from collections.abc import Sequence

import torch
from torch import Tensor

from dagster_and.foundation.keys import digest
from dagster_and.method.activations.timeline import Timeline
from dagster_and.targets.hearing.frontend import Inputs


class SoundFrontend:
    """Waveforms padded with silence to the window, so that a clip's activations don't depend on its batch."""

    has_cls_token = False

    def __init__(self, argument: str, sample_rate_hz: int, window_s: float):
        self.sample_rate_hz = sample_rate_hz
        self.key = digest("module", 1, sample_rate_hz)
        self.argument = argument
        self.timeline = Timeline(1 / sample_rate_hz, 1 / sample_rate_hz)
        self.window = max(1, round(window_s * sample_rate_hz))

    def features(self, waveform: Tensor) -> Tensor:
        """The waveform itself, "sample"."""
        return waveform

    def inputs(self, features: Sequence[Tensor]) -> Inputs:
        """Waveforms "clip sample"; ``sound_tokens`` are samples here, and layers stretch them to their own steps."""
        batch = torch.zeros(len(features), self.window)
        sound = torch.zeros(len(features), self.window, dtype=torch.bool)
        for i, clip in enumerate(features):
            kept = clip[: self.window]
            batch[i, : len(kept)] = kept
            sound[i, : len(kept)] = True
        return Inputs({self.argument: batch}, sound)
