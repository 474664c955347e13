"""Tables of the room top_clips: the evidence for each neuron."""

from dagster_and.method.contract.table import INT, REAL, TEXT, Column, Table

TOP_CLIPS = Table(
    "top_clips",
    room="top_clips",
    grain="neuron, direction (highest or lowest) and rank",
    key=("neuron_id", "direction", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("direction", TEXT, "highest: the K most activating clips; lowest: the K least activating."),
        Column("rank", INT, "1 for the most extreme clip of its direction."),
        Column("clip_id", INT, "The clip; equal activations are ordered by clip_id."),
        Column("activation", REAL, "Pooled activation of the neuron on the clip."),
    ),
)
