"""A BEATs checkpoint in the published format, opened as a target."""

from collections.abc import Sequence
from pathlib import Path

from dagster_and.foundation.errors import UserError
from dagster_and.targets.beats.checkpoint import SUFFIXES, load_beats
from dagster_and.targets.beats.frontend import BeatsFrontend
from dagster_and.targets.beats.layers import layers_of
from dagster_and.targets.labels import class_names
from dagster_and.targets.target import Target


def open_beats(
    checkpoint: str, requested_layers: Sequence[Sequence[str]] | None = None,
    *, weights: bool = True, window_s: float | None = None, class_labels: str | tuple[str, ...] | None = None,
) -> Target:  # fmt: skip
    """Open a checkpoint file.

    Args:
        checkpoint: .pt, .pth or .safetensors file.
        requested_layers: module names block by block; None for fc1 and fc2 of every block.
        weights: False builds the network without its weights.
        window_s: what it hears of a clip, in seconds.
        class_labels: the head's classes in order, or a file of them; None takes the checkpoint's own, or numbers.

    Raises:
        UserError: the file is not there, is no BEATs checkpoint, would run code, or lacks a layer.
    """
    path = Path(checkpoint)
    if not path.is_file() or path.suffix not in SUFFIXES:
        raise UserError(f"target.checkpoint: there is no file {checkpoint} that ends in {', '.join(SUFFIXES)}.")
    model, own_labels, prefixes = load_beats(path, weights=weights)
    layers = layers_of(model, requested_layers)
    labels: tuple[str, ...] = ()
    if model.head_name:
        own = tuple(own_labels.get(i, f"LABEL_{i}") for i in range(layers[-1].width))
        labels = class_names(class_labels, layers[-1].width) or own
    note = f"the prefix {' and '.join(prefixes)} taken off its weights' names" if prefixes else None
    return Target(path.stem, checkpoint, model, BeatsFrontend(model, window_s), layers, labels, note=note)
