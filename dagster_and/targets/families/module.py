"""Family ``module``: any ``nn.Module`` that a function of the user's returns.

Which axis of a layer's output holds its units is taken from the section (``units``) or, by default, from the module's
type: convolutions, their norms and poolings have channels on axis 1, linear layers and what works on the last axis have
them there; of other modules (activations, blocks) the axis that doesn't grow with the sound. Padding is followed along
the axis that grows when the sound does; where none does, every position counts, and so does the silence at the end.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dagster_and.foundation.keys import digest
from dagster_and.method.activations.pooling import Reading
from dagster_and.targets.hearing.frontends import Inputs
from dagster_and.targets.labels import class_names
from dagster_and.targets.layers import HEAD, Layer, requested_names, role_of
from dagster_and.targets.module.factories import made_by, waveform_argument
from dagster_and.targets.module.outputs import Outputs
from dagster_and.targets.target import Target

if TYPE_CHECKING:
    from dagster_and.dissection import ModuleTarget


class SoundFrontend:
    """Waveforms padded with silence to the window, so that a clip's activations don't depend on its batch."""

    has_cls_token = False

    def __init__(self, argument: str, sample_rate_hz: int, window_s: float):
        self.sample_rate_hz = sample_rate_hz
        self.key = digest("module", 1, sample_rate_hz)
        self.argument = argument
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


def open_module(
    section: "ModuleTarget", factory: str, requested_layers: Sequence[Sequence[str]],
    class_labels: str | tuple[str, ...] | None = None, *, window_s: float,
) -> Target:  # fmt: skip
    """Call the factory and look at its network.

    Args:
        section: the file's section ``target``.
        factory: ``package.module:function`` or ``/path/file.py:function``.
        requested_layers: module names block by block.
        class_labels: the head's classes in order, or a file of them; None for a network that gives features.
        window_s: what the network hears of a clip, in seconds.

    Raises:
        UserError: the factory is not there or fails, what it returns can't be fed, or a layer is not there.
    """
    model = made_by(factory)
    frontend = SoundFrontend(waveform_argument(model, factory), section.sample_rate_hz, window_s)
    outputs = Outputs(model, frontend.argument, frontend.window, factory)
    names = requested_names(requested_layers, outputs.widths)
    layers = [
        Layer(name, block, role_of(name), *outputs.width_and_reading(name, section.units)) for name, block in names
    ]
    labels = class_names(class_labels)
    if labels:
        head = outputs.head(len(labels))
        blocks = 1 + max(layer.block_index for layer in layers)
        layers = [layer for layer in layers if layer.name != head]
        layers.append(Layer(head, blocks, HEAD, len(labels), Reading(time_axis=None)))
    return Target(factory.rsplit(":", 1)[-1], factory, model, frontend, tuple(layers), labels)
