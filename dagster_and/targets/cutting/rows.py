"""Cutting neurons out of a network: weight row and bias to zero, and back again bit for bit (AND, Table 4).

A neuron of a linear layer is a row of its weight matrix; of a convolution, the kernel of one output channel.

The reference implementation appends its masks in shuffled order and so cuts rows 0..n-1 in place of the chosen ones
(docs/deviations.md, fault 2). Here exactly the chosen rows are zero, and a test holds it to that.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster_and.foundation.errors import UserError
from dagster_and.method.pruning.cuts import Rows
from dagster_and.targets.cutting.obstacles import CUTTABLE, why_fixed

if TYPE_CHECKING:
    from torch import Tensor, nn


def cut(model: "nn.Module", rows: Rows) -> None:
    """Zero the weights and the bias of exactly the chosen neurons, for good.

    Raises:
        UserError: a layer is not there or can't be cut, or a row is outside it; the network is then untouched.
    """
    import torch

    with torch.no_grad():
        places = [place for name, chosen in rows.items() for place in _places(model, name, chosen)]
        for values, index in places:
            values[index] = 0.0


@contextmanager
def cut_out(model: "nn.Module", rows: Rows) -> Iterator["nn.Module"]:
    """Cut for as long as the block runs; afterwards, whatever happened in it, every bit is as it was.

    Raises:
        UserError: as :func:`cut`.
    """
    import torch

    with torch.no_grad():
        places = [place for name, chosen in rows.items() for place in _places(model, name, chosen)]
        kept = [values[index] for values, index in places]
        try:
            cut(model, rows)
            yield model
        finally:
            for (values, index), were in zip(places, kept, strict=True):
                values[index] = were


@dataclass(frozen=True)
class Silence:
    """Neurons of one layer that are to say zero: their places (``index``) on the axis of its output that holds them."""

    layer: Any
    axis: int
    index: "Tensor"


def silences(model: "nn.Module", rows: Rows) -> list[Silence]:
    """The chosen neurons, for :func:`silenced`; made once, used for every batch.

    Raises:
        UserError: as :func:`cut`.
    """
    found = [(_layer(model, name), name, chosen) for name, chosen in rows.items() if len(chosen)]
    return [Silence(layer, _unit_axis(layer), _index(layer, name, chosen)) for layer, name, chosen in found]


@contextmanager
def silenced(chosen: Sequence[Silence]) -> Iterator[None]:
    """The chosen neurons say zero for as long as the block runs: what zeroed weights and biases come to.

    No weight is touched, which takes a fraction of the time of :func:`cut_out`. It comes to the same only where the
    layers are called as modules and share their weights with no other; ask :func:`says_the_same` once a network.
    """

    def zero(axis: int, index: "Tensor") -> Any:
        return lambda _layer, _inputs, output: output.index_fill_(axis, index, 0.0)

    with ExitStack() as stack:
        for one in chosen:  # first of the layer's hooks: others see what they would see of zeroed weights
            handle = one.layer.register_forward_hook(zero(one.axis, one.index), prepend=True)
            stack.callback(handle.remove)
        yield


def says_the_same(model: "nn.Module", layer_names: Sequence[str], forward: Callable[[], "Tensor"]) -> bool:
    """Whether silencing neurons of these layers gives what zeroing their weights gives, bit for bit.

    Args:
        model: the network.
        layer_names: its layers; half of the neurons of each are cut.
        forward: a pass of the network as it is then.
    """
    import torch

    half = {name: range(0, _width(_layer(model, name)), 2) for name in layer_names}
    with cut_out(model, half):
        zeroed = forward()
    with silenced(silences(model, half)):
        return torch.equal(forward(), zeroed)


@contextmanager
def body_silenced(model: "nn.Module", head: str) -> Iterator["nn.Module"]:
    """The head hears zeros for as long as the block runs, so its bias is all that it can say, of any clip.

    Its input is zeroed and not the weights before it: a normalised weight g v / |v| would be 0 / 0, the statistics of a
    batch norm are no weights, and sound may reach the head on a path that has none.
    """
    import torch

    def silent(value: Any) -> Any:
        return torch.zeros_like(value) if isinstance(value, torch.Tensor) else value

    def silence(_module: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return tuple(map(silent, inputs)), {name: silent(value) for name, value in named.items()}

    handle = model.get_submodule(head).register_forward_pre_hook(silence, with_kwargs=True)
    try:
        yield model
    finally:
        handle.remove()


def _places(model: "nn.Module", name: str, rows: Sequence[int]) -> "Iterator[tuple[Tensor, tuple[Tensor, ...]]]":
    """What a layer's neurons are made of: views of its parameters, each with the index of the chosen ones."""
    layer = _layer(model, name)
    index, weight = _index(layer, name, rows), _by_neuron(layer)
    width = weight.shape[1]
    yield weight, (index // width, index % width)
    if layer.bias is not None:
        yield layer.bias, (index,)


def _layer(model: "nn.Module", name: str) -> Any:
    """The module of that name.

    Raises:
        UserError: there is none, or none that can be cut.
    """
    try:
        layer: Any = model.get_submodule(name)
    except AttributeError:
        raise UserError(f"{type(model).__name__} has no layer {name!r} to cut neurons out of.") from None
    if found := why_fixed(layer):
        raise UserError(f"{name} {found}: {CUTTABLE}.")
    return layer


def _index(layer: Any, name: str, rows: Sequence[int]) -> "Tensor":
    """Numbers of the chosen neurons.

    Raises:
        UserError: one of them is outside the layer.
    """
    import torch

    index = torch.as_tensor(list(rows), dtype=torch.long)
    width = _width(layer)
    outside = index[(index < 0) | (index >= width)]
    if len(outside):
        raise UserError(f"{name} has rows 0 to {width - 1}: row {int(outside[0])} can't be cut.")
    return index.to(layer.weight.device)


def _width(layer: Any) -> int:
    groups, width = _by_neuron(layer).shape[:2]
    return groups * width


def _unit_axis(layer: Any) -> int:
    """Axis of a layer's output that holds its neurons, from the end: convolutions have their places after it."""
    return -1 - len(getattr(layer, "kernel_size", ()))


def _by_neuron(layer: Any) -> "Tensor":
    """A view of the weight as "group neuron ...": transposed convolutions alone have more than one group here."""
    if getattr(layer, "transposed", False):
        return layer.weight.unflatten(0, (layer.groups, -1)).transpose(1, 2)
    return layer.weight[None]
