"""Tables of the room activations: the neurons, and what each does on every clip."""

import pyarrow as pa

from dagster_and.method.contract.table import INT, REAL, TEXT, Column, Table

NEURONS = Table(
    "neurons",
    room="activations",
    grain="neuron (one output unit of a dissected layer)",
    key=("neuron_id",),
    columns=(
        Column("neuron_id", INT, "Number of the neuron within the dissection, 0..n-1, in layer order."),
        Column("target", TEXT, "Name of the network."),
        Column("block_index", INT, "Block that holds the layer, 0..; the head's block is the number of blocks."),
        Column(
            "sublayer", TEXT, "Role of the layer in its block: attention_output, intermediate, output, ... or head."
        ),
        Column("layer_name", TEXT, "Name of the module in the network."),
        Column("neuron_index", INT, "Row of the layer's weight matrix, 0..width-1."),
        Column("class_label", TEXT, "Class that a head neuron stands for; null elsewhere.", nullable=True),
    ),
)

ACTIVATIONS = Table(
    "activations",
    room="activations",
    grain="neuron: its pooled activation on every clip",
    key=("neuron_id",),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column(
            "activation",
            pa.list_(pa.float32()),
            "Pooled activation on every clip; element i (from 0) belongs to clip_id i.",
        ),
        Column("mean", REAL, "Mean over clips."),
        Column("standard_deviation", REAL, "Population standard deviation over clips."),
        Column("minimum", REAL, "Smallest value over clips."),
        Column("maximum", REAL, "Largest value over clips."),
    ),
)
