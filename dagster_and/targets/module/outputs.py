"""What the modules of an unknown network put out, found out by letting it hear faint noise of two lengths."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from dagster_and.foundation.errors import UserError
from dagster_and.method.activations.reading import Reading
from dagster_and.targets.module.factories import told

CHANNELS_FIRST = ("Conv", "BatchNorm", "GroupNorm", "InstanceNorm", "MaxPool", "AvgPool")
UNITS_LAST = ("Linear", "LayerNorm", "RMSNorm", "Embedding")
CLIPS = 2

Shape = tuple[int, ...]


class Outputs:
    """Shapes of every module's output for two clips of the window, and for two of twice that length.

    Raises:
        UserError: the network fails on the window.
    """

    def __init__(self, model: nn.Module, argument: str, samples: int, factory: str):
        self._modules = {name: module for name, module in model.named_modules() if name}
        try:
            self._shapes, self._result = self._heard(model, argument, samples)
        except Exception as error:
            raise UserError(
                f"target.factory {factory}: its network fails on a float32 waveform batch ({CLIPS}, {samples}) "
                f"(clips, samples): {told(error)}."
            ) from error
        try:
            self._longer, _ = self._heard(model, argument, 2 * samples)
        except Exception:  # it takes one length only
            self._longer = {}

    @property
    def widths(self) -> dict[str, int | None]:
        """Every module by name, with the number of units that it declares, if it does."""
        return {name: _declared_width(module) for name, module in self._modules.items()}

    def width_and_reading(self, name: str, units: str) -> tuple[int, Reading]:
        """Number of units of a module, and how its output is read.

        Args:
            name: the module's.
            units: ``channels``, ``last`` or ``auto``, as the section says.

        Raises:
            UserError: it doesn't run, or its output has no units for each clip.
        """
        shape = self._shapes.get(name)
        if shape is None or len(shape) < 2 or shape[0] != CLIPS:
            found = "gives no tensor, or doesn't run" if shape is None else f"puts out {shape} for {CLIPS} clips"
            raise UserError(
                f"target.layers: {name} {found}; a layer's output must be (clips, units), (clips, tokens, units) or "
                "(clips, channels, ...)."
            )
        if len(shape) == 2:
            return shape[1], Reading(time_axis=None)
        longer = self._longer.get(name, shape)
        grown = [axis for axis in range(1, len(shape)) if len(longer) == len(shape) and longer[axis] > shape[axis]]
        unit_axis = _unit_axis(self._modules[name], len(shape), grown, units)
        time = [axis for axis in grown if axis != unit_axis % len(shape)]
        return shape[unit_axis], Reading(unit_axis, time[0] if len(time) == 1 else None)

    def head(self, classes: int) -> str:
        """The last module to finish that puts out one number for each class.

        Raises:
            UserError: the network's result or its modules have other widths.
        """
        wanted = (CLIPS, classes)
        given = tuple(self._result.shape) if isinstance(self._result, Tensor) else type(self._result).__name__
        if given != wanted:
            raise UserError(
                f"target.class_labels names {classes} classes, but the network returns {given} for {CLIPS} clips: "
                f"it must return logits (clips, {classes}), or leave class_labels out."
            )
        for name, shape in reversed(self._shapes.items()):
            if shape == wanted and _declared_width(self._modules[name]) == classes:
                return name
        raise UserError(
            "target.class_labels: no layer of the network puts out one number a class, so it has no head to name: "
            "leave class_labels out."
        )

    def _heard(self, model: nn.Module, argument: str, samples: int) -> tuple[dict[str, Shape], Any]:
        noise = 0.01 * torch.randn(CLIPS, samples, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode(), self._watching() as shapes:
            result = model(**{argument: noise})
        return shapes, getattr(result, "logits", result)

    @contextmanager
    def _watching(self) -> Iterator[dict[str, Shape]]:
        """Shapes of the modules' outputs by name, in the order in which the modules finish."""
        shapes: dict[str, Shape] = {}

        def watch(name: str) -> Callable[..., None]:
            def hook(_module: nn.Module, _inputs: object, output: object) -> None:
                tensor = output[0] if isinstance(output, tuple) and output else output
                shapes.pop(name, None)
                if isinstance(tensor, Tensor):
                    shapes[name] = tuple(tensor.shape)

            return hook

        handles = [module.register_forward_hook(watch(name)) for name, module in self._modules.items()]
        try:
            yield shapes
        finally:
            for handle in handles:
                handle.remove()


def _declared_width(module: nn.Module) -> int | None:
    for attribute in ("out_features", "out_channels", "num_features", "num_channels"):
        if isinstance(width := getattr(module, attribute, None), int):
            return width
    return None


def _unit_axis(module: nn.Module, axes: int, grown: Sequence[int], units: str) -> int:
    kind = type(module).__name__
    if units != "auto":
        return 1 if units == "channels" else -1
    if any(word in kind for word in UNITS_LAST):
        return -1
    if any(word in kind for word in CHANNELS_FIRST):
        return 1
    if axes == 3 and len(grown) == 1:
        return -1 if grown[0] == 1 else 1
    return 1 if axes > 3 else -1
