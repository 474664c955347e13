"""What can be cut, and what stands in the way; weights are not looked at."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from dagster_and.foundation.errors import UserError

if TYPE_CHECKING:
    from torch import nn

    from dagster_and.targets.layers import Layer
    from dagster_and.targets.target import Target

CUTTABLE = "neurons are cut out of linear and convolutional layers, by output channel, whose weight is a parameter"


def check_cuttable(target: "Target", neurons: pl.DataFrame) -> None:
    """Refuse neurons of layers that can't be cut, as those of norms, activations and recurrent layers.

    Args:
        target: the network, with or without its weights.
        neurons: rows of ``neurons`` that may be cut.

    Raises:
        UserError: says which layer, and what to write instead.
    """
    asked = set(neurons["layer_name"])
    check_free({layer.name: obstacle(target.model, layer) for layer in target.layers if layer.name in asked}, neurons)


def check_free(obstacles: Mapping[str, str | None], neurons: pl.DataFrame) -> None:
    """:func:`check_cuttable` of a network of which only this is known: what stands in the way of each of its layers.

    Raises:
        UserError: as there.
    """
    asked = set(neurons["layer_name"])
    obstacles = {name: why for name, why in obstacles.items() if name in asked}
    for name, why in obstacles.items():
        if why:
            others = ", ".join(other for other, none in obstacles.items() if none is None) or "none of them"
            raise UserError(
                f"pruning can't cut {name}, which {why}: {CUTTABLE}. Name what can be cut ({others}) by "
                f"pruning.sublayers or pruning.blocks, or leave {name} out of the layers; without a held_out_fold all "
                "layers are recorded and nothing is cut."
            )


def obstacle(model: "nn.Module", layer: "Layer") -> str | None:
    """Why no neuron of a layer can be cut, to follow its name; None where they can be."""
    module = model.get_submodule(layer.name)
    found = why_fixed(module)
    if found is None and not _is_read_by_neuron(module, layer):
        found = "is read along another axis than that of its neurons"
    return found


def why_fixed(layer: "nn.Module") -> str | None:
    """Why a module has no rows to cut, to follow its name; None where it has."""
    from torch import nn

    convolutions = nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
    if not isinstance(layer, nn.Linear | convolutions):
        return f"is a {type(layer).__name__}"
    if "weight" not in dict(layer.named_parameters(recurse=False)):
        return "has a weight that is computed anew from others"
    return None


def _is_read_by_neuron(module: "nn.Module", layer: "Layer") -> bool:
    from torch import nn

    axis = layer.reading.unit_axis
    return axis == -1 if isinstance(module, nn.Linear) else axis == 1
