"""Layers grouped in blocks: the one description that every family of targets goes through.

Which linear layers make the neurons is a table of module names, here and nowhere else: transformers has renamed them
before (docs/deviations.md, fault 11), and a name that is not there must fail loudly.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dagster_and.foundation.errors import UserError
from dagster_and.method.activations.reading import PLAIN, Reading

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

_IN_BLOCK = re.compile(r"^(?:.*\.)?layers?\.(?P<block>\d+)\.(?:blocks\.(?P<inner>\d+)\.)?(?P<name>.+)$")
"""A module in a block; Swin transformers have blocks within stages."""
_ROLE = {name: role for role, names in SUBLAYERS.items() for name in names}


@dataclass(frozen=True)
class Layer:
    """One dissected module: its name in the network, its block, its role there, its units, and how it is read."""

    name: str
    block_index: int
    sublayer: str
    width: int
    reading: Reading = PLAIN


class Layout(Protocol):
    """What the neurons of a network follow from: of one that is there, or of one that is foreseen."""

    @property
    def name(self) -> str:
        """Of the target."""
        ...

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Block by block, the head last."""
        ...

    @property
    def class_labels(self) -> tuple[str, ...]:
        """Classes of the head in the order of its neurons; empty without one."""
        ...


def dissected_layers(
    model: "nn.Module", requested: Sequence[Sequence[str]] | None = None,
    *, has_head: bool = True, reading: Reading = PLAIN,
) -> tuple[Layer, ...]:  # fmt: skip
    """The layers whose neurons are dissected, block by block, the head last.

    Args:
        model: a network; its last linear layer is the classification head, if it has one.
        requested: module names block by block; None takes every known linear layer of every block.
        has_head: False for a network that gives features only.
        reading: how the outputs of this family's layers are read.

    Raises:
        UserError: a requested layer is not there or is not linear, or no known layer is found; lists what there is.
    """
    return layers_among(_linear_layers(model), type(model).__name__, requested, has_head=has_head, reading=reading)


def layers_among(
    linear: Mapping[str, int], network: str, requested: Sequence[Sequence[str]] | None = None,
    *, has_head: bool = True, reading: Reading = PLAIN,
) -> tuple[Layer, ...]:  # fmt: skip
    """:func:`dissected_layers` of a network of which only this is known: ``linear``, the units of each linear layer.

    Args:
        linear: in the order of the network's modules.
        network: what it is called.
        requested: as there, and so are the others.
        has_head: as there.
        reading: as there.

    Raises:
        UserError: as there.
    """
    if not linear:
        raise UserError(f"{network} has no linear layer to dissect: choose another target.")
    head = list(linear)[-1] if has_head else None
    if requested is None:
        layers = _known_layers(linear, reading)
        if not layers:
            raise UserError(
                f"No known layer in {network}: name them under activations.layers, block by block. "
                f"It has {_listed(linear)}."
            )
    else:
        names = requested_names(requested, linear)
        layers = [Layer(name, block, role_of(name), linear[name], reading) for name, block in names]
    blocks = 1 + max(layer.block_index for layer in layers)
    layers = [layer for layer in layers if layer.name != head]
    return (*layers, Layer(head, blocks, HEAD, linear[head])) if head else tuple(layers)


def requested_names(requested: Sequence[Sequence[str]], widths: Mapping[str, int | None]) -> list[tuple[str, int]]:
    """Module names with their block, as a dissection file asks for them.

    Args:
        requested: names block by block.
        widths: number of units of each module that could be dissected; None where it isn't known.

    Raises:
        UserError: a name is not among ``widths``, or stands twice; lists what there is.
    """
    names = [(name, block) for block, names in enumerate(requested) for name in names]
    for name, _ in names:
        if name not in widths:
            close = difflib.get_close_matches(name, widths, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise UserError(f"layers: the target has no layer {name!r} to dissect; {hint}It has {_listed(widths)}.")
    if len({name for name, _ in names}) < len(names):
        raise UserError("layers names a layer twice: name each one once.")
    if not names:
        raise UserError("layers names no layer: name at least one.")
    return names


def role_of(name: str) -> str:
    """Role of a module in its block: a known one, or the last part of its name that is no number.

    ``head`` is the role of the layer whose neurons stand for classes, and never of a module that is merely called so.
    """
    match = _IN_BLOCK.match(name)
    if match and match["name"] in _ROLE:
        return _ROLE[match["name"]]
    return next((part for part in reversed(name.split(".")) if not part.isdigit() and part != HEAD), f"module_{name}")


def _linear_layers(model: "nn.Module") -> dict[str, int]:
    from torch import nn

    return {name: module.out_features for name, module in model.named_modules() if isinstance(module, nn.Linear)}


def _known_layers(linear: Mapping[str, int], reading: Reading) -> list[Layer]:
    """Layers with a known role in the order of their blocks, which are numbered through all stages."""
    places: dict[str, tuple[int, int]] = {}
    for name in linear:
        match = _IN_BLOCK.match(name)
        if match and match["name"] in _ROLE:
            places[name] = int(match["block"]), int(match["inner"] or 0)
    blocks = sorted(set(places.values()))
    layers = [Layer(name, blocks.index(place), role_of(name), linear[name], reading) for name, place in places.items()]
    return sorted(layers, key=lambda layer: layer.block_index)


def _listed(names: Mapping[str, int | None]) -> str:
    """Names with the block number folded: ``...layers.{0..11}.mlp.fc1 (3072)``."""
    folded: dict[str, list[int]] = {}
    for name, width in names.items():
        shown = name if width is None else f"{name} ({width})"
        pattern = re.sub(r"\b\d+\b", "{}", shown, count=1) if _IN_BLOCK.match(name) else shown
        number = re.search(r"\b\d+\b", name)
        folded.setdefault(pattern, []).append(int(number.group()) if number else 0)
    return ", ".join(p.replace("{}", f"{{{min(b)}..{max(b)}}}") for p, b in folded.items())
