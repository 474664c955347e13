"""What the neurons do."""

from typing import TYPE_CHECKING

import polars as pl

from dagster_and.figures.canvas import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def activations_by_layer(neurons: pl.DataFrame, activations: pl.DataFrame) -> "Figure":
    """Spread of the neurons' standard deviations, one box per layer in layer order."""
    joined = neurons.join(activations, on="neuron_id").sort("neuron_id")
    layers = joined.select("block_index", "sublayer").unique(maintain_order=True).rows()
    figure, axes = canvas(size=(9, 1.2 + 0.28 * len(layers)))
    boxes = [
        joined.filter((pl.col("block_index") == block) & (pl.col("sublayer") == sublayer))[
            "standard_deviation"
        ].to_numpy()
        for block, sublayer in layers
    ]
    names = [sublayer if sublayer == "head" else f"block {block} {sublayer}" for block, sublayer in layers]
    axes[0, 0].boxplot(boxes, orientation="horizontal", tick_labels=names, flierprops={"markersize": 2})
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_xlabel("standard deviation of a neuron's activation over clips")
    return figure
