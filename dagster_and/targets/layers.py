"""Layers grouped in blocks: the one description that every family of targets goes through.

Which linear layers make the neurons is a table of module names, here and nowhere else: transformers has renamed them
before (docs/deviations.md, fault 11), and a name that is not there must fail loudly.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_and.errors import UserError

if TYPE_CHECKING:
    from torch import nn

HEAD = "head"

SUBLAYERS = {
    "attention_output": (
        "attention.o_proj", "attention.attention.output.dense", "attention.output.dense", "attention.out_proj",
        "self_attn.out_proj", "self_attn.linear_out",
    ),
    "intermediate": ("mlp.fc1", "intermediate.dense", "feed_forward.intermediate_dense", "fc1"),
    "output": ("mlp.fc2", "output.dense", "feed_forward.output_dense", "fc2"),
    "intermediate_1": ("ffn1.intermediate_dense",),
    "output_1": ("ffn1.output_dense",),
    "intermediate_2": ("ffn2.intermediate_dense",),
    "output_2": ("ffn2.output_dense",),
}  # fmt: skip
"""Role of a linear layer in its block, and the names that transformers gives it in its audio families and versions.
``intermediate`` is read before the non-linearity, as in the paper. Conformers have two feed-forwards a block."""

_IN_BLOCK = re.compile(r"^.*\blayers?\.(?P<block>\d+)\.(?P<name>.+)$")
_ROLE = {name: role for role, names in SUBLAYERS.items() for name in names}


@dataclass(frozen=True)
class Layer:
    """One dissected module: its name in the network, its block, its role there, its number of output units."""

    name: str
    block_index: int
    sublayer: str
    width: int


def dissected_layers(model: "nn.Module", requested: Sequence[Sequence[str]] | None = None) -> tuple[Layer, ...]:
    """The layers whose neurons are dissected, block by block, the head last.

    Args:
        model: a network with a classification head as its last linear layer.
        requested: module names block by block; None takes every known linear layer of every block.

    Raises:
        UserError: a requested layer is not there or is not linear, or no known layer is found; lists what there is.
    """
    linear = _linear_layers(model)
    if not linear:
        raise UserError(f"{type(model).__name__} has no linear layer to dissect: choose another target.")
    head = list(linear)[-1]
    if requested is None:
        layers = _known_layers(linear)
        if not layers:
            raise UserError(
                f"No known layer in {type(model).__name__}: name them under activations.layers, block by block. "
                f"It has {_listed(linear)}."
            )
    else:
        layers = [_requested_layer(name, block, linear) for block, names in enumerate(requested) for name in names]
        if len({layer.name for layer in layers}) < len(layers):
            raise UserError("activations.layers names a layer twice: name each one once.")
    blocks = 1 + max(layer.block_index for layer in layers)
    layers = [layer for layer in layers if layer.name != head]
    return (*layers, Layer(head, blocks, HEAD, linear[head]))


def _linear_layers(model: "nn.Module") -> dict[str, int]:
    from torch import nn

    return {name: module.out_features for name, module in model.named_modules() if isinstance(module, nn.Linear)}


def _known_layers(linear: dict[str, int]) -> list[Layer]:
    layers: list[Layer] = []
    for name, width in linear.items():
        match = _IN_BLOCK.match(name)
        if match and match["name"] in _ROLE:
            layers.append(Layer(name, int(match["block"]), _ROLE[match["name"]], width))
    return sorted(layers, key=lambda layer: layer.block_index)


def _requested_layer(name: str, block: int, linear: dict[str, int]) -> Layer:
    if name not in linear:
        close = difflib.get_close_matches(name, linear, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UserError(f"activations.layers: the target has no linear layer {name!r}; {hint}It has {_listed(linear)}.")
    match = _IN_BLOCK.match(name)
    role = _ROLE.get(match["name"]) if match else None
    return Layer(name, block, role or name.rsplit(".", 1)[-1], linear[name])


def _listed(names: dict[str, int]) -> str:
    """Names with the block number folded: ``...layers.{0..11}.mlp.fc1 (3072)``."""
    folded: dict[str, list[int]] = {}
    for name, width in names.items():
        pattern = (
            re.sub(r"\b\d+\b", "{}", f"{name} ({width})", count=1) if _IN_BLOCK.match(name) else f"{name} ({width})"
        )
        number = re.search(r"\b\d+\b", name)
        folded.setdefault(pattern, []).append(int(number.group()) if number else 0)
    return ", ".join(p.replace("{}", f"{{{min(b)}..{max(b)}}}") for p, b in folded.items())
