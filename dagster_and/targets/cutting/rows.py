"""Cutting neurons out of a network: weight row and bias to zero, and back again bit for bit (AND, Table 4).

A neuron of a linear layer is a row of its weight matrix; of a convolution, the kernel of one output channel.

The reference implementation appends its masks in shuffled order and so cuts rows 0..n-1 in place of the chosen ones
(docs/deviations.md, fault 2). Here exactly the chosen rows are zero, and a test holds it to that.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    import torch

    try:
        layer: Any = model.get_submodule(name)
    except AttributeError:
        raise UserError(f"{type(model).__name__} has no layer {name!r} to cut neurons out of.") from None
    if found := why_fixed(layer):
        raise UserError(f"{name} {found}: {CUTTABLE}.")
    weight = _by_neuron(layer)
    groups, width = weight.shape[:2]
    outside = [row for row in rows if not 0 <= row < groups * width]
    if outside:
        raise UserError(f"{name} has rows 0 to {groups * width - 1}: row {outside[0]} can't be cut.")
    index = torch.as_tensor(list(rows), dtype=torch.long, device=weight.device)
    yield weight, (index // width, index % width)
    if layer.bias is not None:
        yield layer.bias, (index,)


def _by_neuron(layer: Any) -> "Tensor":
    """A view of the weight as "group neuron ...": transposed convolutions alone have more than one group here."""
    if getattr(layer, "transposed", False):
        return layer.weight.unflatten(0, (layer.groups, -1)).transpose(1, 2)
    return layer.weight[None]
