"""The table ``neurons``: what there is to record."""

import polars as pl

from dagster_and.foundation.errors import UserError
from dagster_and.targets.layers import HEAD, Layout

MOST = 10_000_000
"""Thirty times as many as a network of a billion parameters has."""


def neurons(target: Layout) -> pl.DataFrame:
    """The table ``neurons``: every output unit of every dissected layer, in layer order.

    Raises:
        UserError: there are more than can be dissected, as a configuration says that nobody has looked at.
    """
    count = sum(layer.width for layer in target.layers)
    if count > MOST:
        raise UserError(
            f"{target.name} has {count:,} neurons in {len(target.layers)} layers, and at most {MOST:,} can be "
            "dissected: name fewer layers under activations.layers, or see whether its configuration is right."
        )
    frames: list[pl.DataFrame] = []
    for layer in target.layers:
        labels = target.class_labels if layer.sublayer == HEAD else [None] * layer.width
        frames.append(
            pl.DataFrame(
                {
                    "target": [target.name] * layer.width,
                    "block_index": [layer.block_index] * layer.width,
                    "sublayer": [layer.sublayer] * layer.width,
                    "layer_name": [layer.name] * layer.width,
                    "neuron_index": range(layer.width),
                    "class_label": pl.Series(labels, dtype=pl.String),
                }
            )
        )
    return pl.concat(frames).with_row_index("neuron_id")
