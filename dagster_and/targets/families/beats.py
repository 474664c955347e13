"""Family ``beats``: BEATs checkpoints in the published format."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_and.foundation.errors import UserError
from dagster_and.targets.beats.checkpoint import SUFFIXES, load_beats
from dagster_and.targets.hearing.frontends import Inputs
from dagster_and.targets.labels import class_names
from dagster_and.targets.layers import dissected_layers
from dagster_and.targets.target import Target

if TYPE_CHECKING:
    import torch

    from dagster_and.targets.beats.network import Beats


class BeatsFrontend:
    """Waveforms padded with silence, and which tokens are padding, as the published network works it out."""

    has_cls_token = False

    def __init__(self, model: "Beats", window_s: float | None):
        from dagster_and.foundation.keys import digest
        from dagster_and.targets.beats.network import SAMPLE_RATE_HZ
        from dagster_and.targets.hearing.kaldi import FRAME_SAMPLES, HOP_SAMPLES

        self.sample_rate_hz = SAMPLE_RATE_HZ
        self.key = digest("beats", 1)
        self._tokens = model.tokens
        patch = model.config.input_patch_size
        self._shortest = FRAME_SAMPLES + (patch - 1) * HOP_SAMPLES  # of one token in time
        self._window = round((window_s or 0) * SAMPLE_RATE_HZ)

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """The waveform itself, "sample"."""
        return waveform

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """``waveform`` and ``padding_mask`` "clip sample", all padded to the window."""
        import torch

        from dagster_and.targets.beats.network import token_padding
        from dagster_and.targets.hearing.kaldi import frames_of

        samples = max(self._shortest, self._window, *(len(clip) for clip in features))
        batch = torch.zeros(len(features), samples)
        padding = torch.ones(len(features), samples, dtype=torch.bool)
        for i, clip in enumerate(features):
            batch[i, : len(clip)] = clip
            padding[i, : len(clip)] = False
        frames = frames_of(samples)
        hidden = token_padding(padding, frames, self._tokens(frames))
        return Inputs({"waveform": batch, "padding_mask": padding}, ~hidden)


def open_beats(
    checkpoint: str, requested_layers: Sequence[Sequence[str]] | None = None,
    *, weights: bool = True, window_s: float | None = None, class_labels: str | tuple[str, ...] | None = None,
) -> Target:  # fmt: skip
    """Open a checkpoint file.

    Args:
        checkpoint: .pt, .pth or .safetensors file.
        requested_layers: module names block by block; None for fc1 and fc2 of every block.
        weights: False builds the network without its weights.
        window_s: what it hears of a clip, in seconds.
        class_labels: the head's classes in order, or a file of them; None takes the checkpoint's own, or numbers.

    Raises:
        UserError: the file is not there, is no BEATs checkpoint, would run code, or lacks a layer.
    """
    path = Path(checkpoint)
    if not path.is_file() or path.suffix not in SUFFIXES:
        raise UserError(f"target.checkpoint: there is no file {checkpoint} that ends in {', '.join(SUFFIXES)}.")
    model, own_labels = load_beats(path, weights=weights)
    layers = dissected_layers(model, requested_layers, has_head=model.head_name is not None)
    if requested_layers is None:  # the paper's choice: fc1, read before the GELU, and fc2
        layers = tuple(layer for layer in layers if layer.sublayer != "attention_output")
    labels: tuple[str, ...] = ()
    if model.head_name:
        own = tuple(own_labels.get(i, f"LABEL_{i}") for i in range(layers[-1].width))
        labels = class_names(class_labels, layers[-1].width) or own
    return Target(path.stem, checkpoint, model, BeatsFrontend(model, window_s), layers, labels)
