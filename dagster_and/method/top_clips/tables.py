"""Tables of the room top_clips: the evidence for each neuron."""

import pyarrow as pa

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

MOMENTS = Table(
    "moments",
    room="top_clips",
    grain="neuron, direction and rank of a layer with time: when in that clip the neuron fires",
    key=("neuron_id", "direction", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("direction", TEXT, "highest: of the K most activating clips; lowest: of the K least activating."),
        Column("rank", INT, "Rank of the clip, as in top_clips."),
        Column(
            "moment_start_s", REAL,
            "Where the step begins to hear at which the neuron is largest (lowest: smallest), in seconds of the clip.",
        ),
        Column("moment_end_s", REAL, "Where that step ends to hear, in seconds."),
        Column(
            "profile", pa.list_(pa.float32()),
            "The neuron over the clip's time, in at most 16 bins of like length: 0 its smallest bin, 1 its largest.",
        ),
        Column("profile_start_s", REAL, "Where in the clip the profile begins, in seconds."),
        Column("profile_end_s", REAL, "Where it ends, in seconds."),
    ),
)  # fmt: skip
