"""What a planted network hears of a batch of clips."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dagster_and.method.sound.log_mel import SAMPLE_RATE_HZ
from dagster_and.targets.hearing.frontend import Inputs


class PlantedFrontend:
    """Raw waveforms, padded with zeros."""

    sample_rate_hz = SAMPLE_RATE_HZ
    key = "waveform-16000"
    has_cls_token = False
    timeline = None

    def features(self, waveform: Tensor) -> Tensor:
        """The waveform itself ("sample")."""
        return waveform

    def inputs(self, features: Sequence[Tensor]) -> Inputs:
        """``waveforms`` ("clip sample"); no layer has tokens."""
        waveforms = nn.utils.rnn.pad_sequence(list(features), batch_first=True)
        return Inputs({"waveforms": waveforms}, torch.ones(len(features), 1, dtype=torch.bool))
