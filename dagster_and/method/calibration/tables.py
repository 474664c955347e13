"""Tables of the room calibration: which sentences of a summary say something about the neuron (AND, module B)."""

from dagster_and.method.contract.table import FLAG, INT, REAL, TEXT, Column, Table

SUMMARY_SENTENCES = Table(
    "summary_sentences",
    room="calibration",
    grain="neuron, direction and sentence of its summary",
    key=("neuron_id", "direction", "sentence_index"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("direction", TEXT, "highest or lowest: the summary that the sentence stands in."),
        Column("sentence_index", INT, "Position of the sentence in its summary, from 0."),
        Column("sentence", TEXT, "The sentence as the describer wrote it."),
        Column("verdict", TEXT, "kept; shared (the other direction says it too), boilerplate or short."),
        Column("is_kept", FLAG, "Whether it is part of the calibrated summary; only for direction highest."),
        Column(
            "nearest_sentence", TEXT, "Nearest of the other direction that isn't opposite; null if none.", nullable=True
        ),
        Column("nearest_cosine", REAL, "Cosine of their embeddings, -1 to 1; null if none.", nullable=True),
    ),
)
