"""What BEATs hears of a batch of clips."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dagster_and.foundation.keys import digest
from dagster_and.targets.hearing.frontend import Inputs
from dagster_and.targets.hearing.kaldi import FRAME_SAMPLES, HOP_SAMPLES, frames_of, patches_in_time

if TYPE_CHECKING:
    import torch

    from dagster_and.targets.beats.network import Beats


class BeatsFrontend:
    """Waveforms padded with silence, and which tokens are padding, as the published network works it out."""

    has_cls_token = False

    def __init__(self, model: "Beats", window_s: float | None):
        from dagster_and.targets.beats.network import MEL_BANDS, SAMPLE_RATE_HZ

        self.sample_rate_hz = SAMPLE_RATE_HZ
        self.key = digest("beats", 1)
        self._tokens = model.tokens
        patch = model.config.input_patch_size
        self.timeline = patches_in_time(patch, patch, SAMPLE_RATE_HZ, bands=MEL_BANDS // patch)
        self._shortest = FRAME_SAMPLES + (patch - 1) * HOP_SAMPLES  # of one token in time
        self._window = round((window_s or 0) * SAMPLE_RATE_HZ)

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """The waveform itself, "sample"."""
        return waveform

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """``waveform`` and ``padding_mask`` "clip sample", all padded to the window."""
        import torch

        from dagster_and.targets.beats.network import token_padding

        samples = max(self._shortest, self._window, *(len(clip) for clip in features))
        batch = torch.zeros(len(features), samples)
        padding = torch.ones(len(features), samples, dtype=torch.bool)
        for i, clip in enumerate(features):
            batch[i, : len(clip)] = clip
            padding[i, : len(clip)] = False
        frames = frames_of(samples)
        hidden = token_padding(padding, frames, self._tokens(frames))
        return Inputs({"waveform": batch, "padding_mask": padding}, ~hidden)
