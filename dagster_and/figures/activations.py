"""What the neurons do."""

from typing import TYPE_CHECKING

import polars as pl

from dagster_and.figures.canvas import BLUE, INK, SKY, WIDTH, canvas, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def activations_by_layer(neurons: pl.DataFrame, activations: pl.DataFrame) -> "Figure":
    """Spread of the neurons' standard deviations, one box per layer in layer order."""
    joined = neurons.join(activations, on="neuron_id").sort("neuron_id")
    layers = joined.select("block_index", "sublayer").unique(maintain_order=True).rows()
    figure, axes = canvas(size=(WIDTH, 0.7 + 0.19 * len(layers)))
    boxes = [
        joined.filter((pl.col("block_index") == block) & (pl.col("sublayer") == sublayer))[
            "standard_deviation"
        ].to_numpy()
        for block, sublayer in layers
    ]
    names = [
        f"{'head' if sublayer == 'head' else f'block {block} {short(sublayer)}'} ({len(box):,})"
        for (block, sublayer), box in zip(layers, boxes, strict=True)
    ]
    axes[0, 0].boxplot(
        boxes, orientation="horizontal", tick_labels=names, patch_artist=True, widths=0.6,
        boxprops={"facecolor": SKY, "linewidth": 0.6}, medianprops={"color": INK, "linewidth": 1.2},
        whiskerprops={"linewidth": 0.6}, capprops={"linewidth": 0.6},
        flierprops={"markersize": 1.5, "markeredgecolor": BLUE, "markeredgewidth": 0.4},
    )  # fmt: skip
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_xlabel("standard deviation of a neuron's activation over clips")
    axes[0, 0].set_ylabel("layer (neurons)")
    return figure
