"""Tables of the room target: the network under dissection."""

import pyarrow as pa

from dagster_and.method.contract.table import INT, REAL, TEXT, Column, Table

TARGETS = Table(
    "targets",
    room="target",
    grain="target network (one a dissection)",
    key=("target",),
    columns=(
        Column("target", TEXT, "Name of the network: hub id, folder name, or the embedded network's name."),
        Column(
            "family",
            TEXT,
            "transformers, beats, module, planted (known neurons), or embedded_ast, embedded_beats (trained here).",
        ),
        Column("architecture", TEXT, "Class name of the model."),
        Column(
            "checkpoint",
            TEXT,
            "Hub id, folder, file or factory of the weights; $AND_HOME stands for the folder of the home.",
            is_place=True,
        ),
        Column("weights_sha256", TEXT, "SHA-256 over the names, shapes and bytes of all weights."),
        Column("parameters", pa.int64(), "Number of parameters."),
        Column("blocks", INT, "Number of blocks that hold dissected layers."),
        Column("layers", INT, "Number of dissected layers, head included."),
        Column("neurons", INT, "Number of dissected neurons."),
        Column("classes", INT, "Number of classes of the head; null where the network has none.", nullable=True),
        Column("held_out_fold", INT, "Fold that training never saw; null where the folds are unknown.", nullable=True),
        Column("held_out_clips", INT, "Clips of the held-out fold whose label the head knows.", nullable=True),
        Column("held_out_accuracy", REAL, "Top-1 accuracy on the held-out fold, 0..1.", nullable=True),
        Column(
            "chance_accuracy",
            REAL,
            "Accuracy of always answering the held-out fold's commonest class, 0..1.",
            nullable=True,
        ),
        Column("training_accuracy", REAL, "Top-1 accuracy on the other folds, 0..1.", nullable=True),
        Column(
            "pretraining_accuracy",
            REAL,
            "Share of the hidden tokens of held-out sound that self-supervised training predicts; null without any.",
            nullable=True,
        ),
        Column(
            "pretraining_chance_accuracy",
            REAL,
            "Accuracy of always answering the commonest hidden token, 0..1.",
            nullable=True,
        ),
    ),
)
