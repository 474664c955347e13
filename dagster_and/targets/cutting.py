"""Cutting neurons out of a network: weight row and bias to zero, and back again bit for bit (AND, Table 4).

The reference implementation appends its masks in shuffled order and so cuts rows 0..n-1 in place of the chosen ones
(docs/deviations.md, fault 2). Here exactly the chosen rows are zero, and a test holds it to that.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from dagster_and.errors import UserError

if TYPE_CHECKING:
    from torch import nn

Rows = Mapping[str, Sequence[int]]
"""For each layer's name the rows of its weight matrix: the neurons to cut."""
Cut = Rows | Literal["body"]
"""Chosen neurons; or everything that is not the head, recorded or not (:func:`body_silenced`)."""


def cut(model: "nn.Module", rows: Rows) -> None:
    """Zero the weight row and bias of exactly the chosen neurons, for good.

    Raises:
        UserError: a layer is not there or not linear, or a row is outside it; the network is then untouched.
    """
    import torch

    layers = {name: _linear(model, name, chosen) for name, chosen in rows.items()}
    with torch.no_grad():
        for name, layer in layers.items():
            index = torch.as_tensor(list(rows[name]), dtype=torch.long)
            layer.weight.index_fill_(0, index, 0.0)
            if layer.bias is not None:
                layer.bias.index_fill_(0, index, 0.0)


@contextmanager
def cut_out(model: "nn.Module", rows: Rows) -> Iterator["nn.Module"]:
    """Cut for as long as the block runs; afterwards, whatever happened in it, every bit is as it was.

    Raises:
        UserError: as :func:`cut`.
    """
    import torch

    layers = {name: _linear(model, name, chosen) for name, chosen in rows.items()}
    indices = {name: torch.as_tensor(list(chosen), dtype=torch.long) for name, chosen in rows.items()}
    with torch.no_grad():
        kept = {
            name: (layer.weight[indices[name]], None if layer.bias is None else layer.bias[indices[name]])
            for name, layer in layers.items()
        }
        try:
            cut(model, rows)
            yield model
        finally:
            for name, layer in layers.items():
                weight, bias = kept[name]
                layer.weight[indices[name]] = weight
                if bias is not None:
                    layer.bias[indices[name]] = bias


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


def _linear(model: "nn.Module", name: str, rows: Sequence[int]) -> "nn.Linear":
    from torch import nn

    try:
        layer = model.get_submodule(name)
    except AttributeError:
        raise UserError(f"{type(model).__name__} has no layer {name!r} to cut neurons out of.") from None
    if not isinstance(layer, nn.Linear):
        raise UserError(f"{name} is a {type(layer).__name__}: neurons are cut out of linear layers only.")
    outside = [row for row in rows if not 0 <= row < layer.out_features]
    if outside:
        raise UserError(f"{name} has rows 0 to {layer.out_features - 1}: row {outside[0]} can't be cut.")
    return layer
