"""Family ``module``: any ``nn.Module`` that a function of the user's returns.

Which axis of a layer's output holds its units is taken from the section (``units``) or, by default, from the module's
type: convolutions, their norms and poolings have channels on axis 1, linear layers and what works on the last axis have
them there; of other modules (activations, blocks) the axis that doesn't grow with the sound. Padding is followed along
the axis that grows when the sound does; where none does, every position counts, and so does the silence at the end.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from dagster_and.errors import UserError
from dagster_and.lake import digest
from dagster_and.method.activations import Reading
from dagster_and.targets.families.labels import class_names
from dagster_and.targets.frontends import Inputs
from dagster_and.targets.layers import HEAD, Layer, requested_names, role_of
from dagster_and.targets.target import Target

if TYPE_CHECKING:
    from dagster_and.dissection import ModuleTarget

CHANNELS_FIRST = ("Conv", "BatchNorm", "GroupNorm", "InstanceNorm", "MaxPool", "AvgPool", "AdaptiveAvg", "AdaptiveMax")
UNITS_LAST = ("Linear", "LayerNorm", "RMSNorm", "Embedding")

Shape = tuple[int, ...]


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
    model = _made(factory)
    frontend = SoundFrontend(_argument(model, factory), section.sample_rate_hz, window_s)
    named = {name: module for name, module in model.named_modules() if name}
    widths = {name: _declared_width(module) for name, module in named.items()}
    names = requested_names(requested_layers, widths)
    shapes, order, result = _probe(model, frontend, factory)
    grown = _longer(model, frontend)
    layers = [
        Layer(name, block, role_of(name), *_read(name, named[name], shapes, grown, section.units))
        for name, block in names
    ]
    labels = class_names(class_labels)
    if labels:
        head = _head(labels, named, shapes, order, result)
        layers = [layer for layer in layers if layer.name != head]
        blocks = 1 + max((layer.block_index for layer in layers), default=-1)
        layers.append(Layer(head, blocks, HEAD, len(labels), Reading(time_axis=None)))
    return Target(factory.rsplit(":", 1)[-1], factory, model, frontend, tuple(layers), labels)


def _made(factory: str) -> nn.Module:
    where, _, function = factory.rpartition(":")
    if not where or not function.isidentifier():
        raise UserError(f"target.factory is {factory!r}: write package.module:function or /path/file.py:function.")
    make = getattr(_imported(where), function, None)
    if not callable(make):
        what = "has no" if make is None else "has something that can't be called under the name"
        raise UserError(f"target.factory: {where} {what} {function!r}: write a function that returns an nn.Module.")
    try:
        model = make()
    except Exception as error:
        raise UserError(f"target.factory {factory} failed: {_told(error)}: it must run without arguments.") from error
    if not isinstance(model, nn.Module):
        raise UserError(f"target.factory {factory} returned {type(model).__name__}, not a torch.nn.Module.")
    return model.eval().float().cpu()


def _imported(where: str) -> Any:
    try:
        if not where.endswith(".py"):
            return importlib.import_module(where)
        path = Path(where)
        if not path.is_file():
            raise UserError(f"target.factory: there is no file {path}: write an existing one, or package.module.")
        name = f"dissected_{path.stem}_{digest(str(path))[:8]}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"target.factory: {where} can't be imported: {_told(error)}.") from error


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _argument(model: nn.Module, factory: str) -> str:
    """Name of the argument that takes the waveforms."""
    parameters = list(inspect.signature(model.forward).parameters.values())
    if not parameters or parameters[0].kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        raise UserError(f"target.factory {factory}: its network's forward must take the waveforms as a named argument.")
    return parameters[0].name


def _is_container(module: nn.Module) -> bool:
    return next(module.children(), None) is not None


def _declared_width(module: nn.Module) -> int | None:
    for attribute in ("out_features", "out_channels", "num_features", "num_channels"):
        if isinstance(width := getattr(module, attribute, None), int):
            return width
    return None


@contextmanager
def _watching(model: nn.Module) -> Iterator[dict[str, Shape]]:
    """Shapes of the modules' outputs by name, in the order in which the modules finish."""
    shapes: dict[str, Shape] = {}

    def watch(name: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            tensor = output[0] if isinstance(output, tuple) and output else output
            shapes.pop(name, None)
            if isinstance(tensor, Tensor):
                shapes[name] = tuple(tensor.shape)

        return hook

    handles = [module.register_forward_hook(watch(name)) for name, module in model.named_modules() if name]
    try:
        yield shapes
    finally:
        for handle in handles:
            handle.remove()


def _probe(model: nn.Module, frontend: SoundFrontend, factory: str) -> tuple[dict[str, Shape], list[str], Any]:
    """Shapes by module, modules in the order in which they finish, and the result, for two clips of faint noise."""
    arguments = frontend.inputs([_noise(frontend)] * 2).arguments
    try:
        with torch.inference_mode(), _watching(model) as shapes:
            result = model(**arguments)
    except Exception as error:
        samples = tuple(next(iter(arguments.values())).shape)
        raise UserError(
            f"target.factory {factory}: its network fails on a float32 waveform batch {samples} (clips, samples): "
            f"{_told(error)}."
        ) from error
    return shapes, list(shapes), getattr(result, "logits", result)


def _longer(model: nn.Module, frontend: SoundFrontend) -> dict[str, Shape]:
    """Shapes for clips twice as long, or none where the network takes only one length."""
    longer = SoundFrontend(frontend.argument, frontend.sample_rate_hz, 2 * frontend.window / frontend.sample_rate_hz)
    try:
        with torch.inference_mode(), _watching(model) as shapes:
            model(**longer.inputs([_noise(longer)] * 2).arguments)
    except Exception:
        return {}
    return shapes


def _noise(frontend: SoundFrontend) -> Tensor:
    return 0.01 * torch.randn(frontend.window, generator=torch.Generator().manual_seed(0))


def _read(
    name: str, module: nn.Module, shapes: Mapping[str, Shape], longer: Mapping[str, Shape], units: str
) -> tuple[int, Reading]:
    """Number of units of a module, and how its output is read."""
    shape = shapes.get(name)
    if shape is None or len(shape) < 2 or shape[0] % 2:
        found = "gives no tensor, or doesn't run" if shape is None else f"puts out {shape} for 2 clips"
        raise UserError(
            f"target.layers: {name} {found}; a layer's output must be (clips, units), (clips, tokens, units) or "
            "(clips, channels, ...)."
        )
    if len(shape) == 2:
        return shape[1], Reading(time_axis=None)
    other = longer.get(name, shape)
    grown = [axis for axis in range(1, len(shape)) if len(other) == len(shape) and other[axis] > shape[axis]]
    unit_axis = _unit_axis(module, shape, grown, units)
    time = [axis for axis in grown if axis != unit_axis % len(shape)]
    return shape[unit_axis], Reading(unit_axis, time[0] if len(time) == 1 and shape[0] == 2 else None)


def _unit_axis(module: nn.Module, shape: Shape, grown: Sequence[int], units: str) -> int:
    kind = type(module).__name__
    if units != "auto":
        return 1 if units == "channels" else -1
    if any(word in kind for word in UNITS_LAST):
        return -1
    if any(word in kind for word in CHANNELS_FIRST):
        return 1
    if len(shape) == 3 and len(grown) == 1:
        return -1 if grown[0] == 1 else 1
    return 1 if len(shape) > 3 else -1


def _head(
    labels: tuple[str, ...],
    named: Mapping[str, nn.Module],
    shapes: Mapping[str, Shape],
    order: Sequence[str],
    result: Any,
) -> str:
    """The last module to finish that puts out one number for each class.

    Raises:
        UserError: the network's result or modules have other widths.
    """
    given = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
    if not isinstance(result, Tensor) or given != (2, len(labels)):
        raise UserError(
            f"target.class_labels names {len(labels)} classes, but the network returns {given} for 2 clips: "
            f"it must return logits (clips, {len(labels)}), or leave class_labels out."
        )
    for name in reversed(order):
        if shapes[name] == (2, len(labels)) and not _is_container(named[name]) and _declared_width(named[name]):
            return name
    raise UserError(
        "target.class_labels: no layer of the network puts out one number a class, so it has no head to name: "
        "leave class_labels out."
    )
