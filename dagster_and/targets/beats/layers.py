"""Which layers of a BEATs network are dissected."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dagster_and.targets.layers import Layer, dissected_layers

if TYPE_CHECKING:
    from dagster_and.targets.beats.network import Beats


def layers_of(model: "Beats", requested: Sequence[Sequence[str]] | None) -> tuple[Layer, ...]:
    """The requested layers, or the paper's choice: fc1, read before the GELU, and fc2 of every block; the head last.

    Raises:
        UserError: as :func:`dagster_and.targets.layers.dissected_layers`.
    """
    layers = dissected_layers(model, requested, has_head=model.head_name is not None)
    return chosen(layers) if requested is None else layers


def chosen(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Of all known layers the paper's choice."""
    return tuple(layer for layer in layers if layer.sublayer != "attention_output")
