"""Tables of the room closed_concepts: the concept set, and what each neuron follows."""

from typing import Literal, get_args

from dagster_and.method.contract.table import FLAG, INT, REAL, TEXT, Column, Table

Similarity = Literal["cosine", "cosine_cubed", "wpmi", "soft_wpmi", "rank_reorder"]
"""Names of the similarity functions, in the paper's order; the functions are in :mod:`.similarity`."""
*_ALL_BUT_LAST, _LAST = get_args(Similarity)

CONCEPTS = Table(
    "concepts",
    room="closed_concepts",
    grain="concept of the concept set",
    key=("concept_id",),
    columns=(
        Column("concept_id", INT, "Position in the concept set, 0..n-1."),
        Column("concept", TEXT, "The concept in words, as the text encoder reads it."),
        Column(
            "label", TEXT, "Class of the probing set that the concept names; null where it names none.", nullable=True
        ),
    ),
)

CONCEPT_PREDICTIONS = Table(
    "concept_predictions",
    room="closed_concepts",
    grain="neuron, method (DB or TAB), similarity function and rank",
    key=("neuron_id", "method", "similarity", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column(
            "method",
            TEXT,
            "DB: captions against concepts through a text encoder; "
            "TAB: sounds against concepts through a text-audio encoder.",
        ),
        Column("similarity", TEXT, f"{', '.join(_ALL_BUT_LAST)} or {_LAST}."),
        Column("rank", INT, "1 for the best concept."),
        Column("concept_id", INT, "The concept."),
        Column("score", REAL, "Value of the similarity function; comparable only within one function."),
    ),
)

CONCEPT_CHOICES = Table(
    "concept_choices",
    room="closed_concepts",
    grain="neuron and rank of the concepts that a describer chose by its summary (ICL)",
    key=("neuron_id", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("rank", INT, "1 for the best concept; the best one is always among the best five."),
        Column("concept_id", INT, "The concept; null where there is no usable answer.", nullable=True),
        Column("answered", TEXT, "What the describer said in its own words; null where nothing.", nullable=True),
        Column("is_snapped", FLAG, "Whether the nearest concept was taken for an answer outside the set."),
        Column("describer", TEXT, "Who chose: counting (by embedding), or llm: and the model's name."),
        Column("answer_id", TEXT, "The LLM's answer in the table answers; null for the embedded one.", nullable=True),
        Column("missing_reason", TEXT, "Why there is no choice; null where there is one.", nullable=True),
    ),
)

CONCEPT_SIMILARITIES = Table(
    "concept_similarities",
    room="closed_concepts",
    grain="concept and class of the head: how near their names are",
    key=("concept_id", "class_label"),
    columns=(
        Column("concept_id", INT, "The concept."),
        Column("class_label", TEXT, "Class that a head neuron stands for."),
        Column("cosine", REAL, "Cosine of their sentence embeddings (all-MiniLM), both in words, -1 to 1."),
    ),
)
