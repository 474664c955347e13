"""Any ``nn.Module`` that a function of the user's returns, opened as a target.

Which axis of a layer's output holds its units is taken from the section (``units``) or, by default, from the module's
type: convolutions, their norms and poolings have channels on axis 1, linear layers and what works on the last axis have
them there; of other modules (activations, blocks) the axis that doesn't grow with the sound. Padding is followed along
the axis that grows when the sound does; where none does, every position counts, and so does the silence at the end.
"""

from collections.abc import Sequence

from dagster_and.dissection import ModuleTarget
from dagster_and.method.activations.reading import Reading
from dagster_and.targets.labels import class_names
from dagster_and.targets.layers import HEAD, Layer, requested_names, role_of
from dagster_and.targets.module.factories import made_by, waveform_argument
from dagster_and.targets.module.frontend import SoundFrontend
from dagster_and.targets.module.outputs import Outputs
from dagster_and.targets.target import Target


def open_module(
    section: ModuleTarget, factory: str, requested_layers: Sequence[Sequence[str]],
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
