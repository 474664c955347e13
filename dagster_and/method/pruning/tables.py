"""Tables of the room pruning: what is cut out of the network, and what it then does (AND, Table 4, Fig 4, Fig 10)."""

from typing import Literal

from dagster_and.method.contract.table import INT, REAL, TEXT, Column, Table

RandomSizes = Literal["shared", "exact"]
"""Whether random cuts have the sizes of one grid, or the very sizes of the strategies that they are compared with."""

_STRATEGY = Column(
    "strategy",
    TEXT,
    "OCP, DB, TAB, ICL, random or activation_gap; or a control: none (nothing is cut), all (everything eligible) or "
    "body (the head hears zeros).",
)
_SIZE_OF = Column(
    "size_of",
    TEXT,
    "Strategy whose number of neurons is cut: for random each of the others, for activation_gap pruning.size_of, "
    "else its own.",
)
_CONCEPT = Column("concept_id", INT, "The concept that is to be forgotten.")
_SEED = Column("seed", INT, "Seed of the draw; 0 for strategies that draw nothing.")

PRUNINGS = Table(
    "prunings",
    room="pruning",
    grain="cut: strategy, size, concept and seed",
    key=("strategy", "size_of", "concept_id", "seed"),
    columns=(
        _STRATEGY,
        _SIZE_OF,
        _CONCEPT,
        _SEED,
        Column(
            "neurons",
            INT,
            "Neurons that are cut; random may cut up to a tenth more than its size_of (pruning.random_sizes). Of body, "
            "which silences whatever is not the head, those eligible.",
        ),
        Column("eligible_neurons", INT, "Neurons that could be: of all chosen layers and blocks, the head spared."),
        Column("note", TEXT, "Why nothing is cut, or that everything is; null otherwise.", nullable=True),
    ),
)

PRUNED_NEURONS = Table(
    "pruned_neurons",
    room="pruning",
    grain="cut (strategy, size, concept and seed) and neuron that goes",
    key=("strategy", "size_of", "concept_id", "seed", "neuron_id"),
    columns=(
        _STRATEGY,
        _SIZE_OF,
        _CONCEPT,
        _SEED,
        Column("neuron_id", INT, "The neuron; what the controls cut is not listed."),
        Column("reason", TEXT, "Why it goes: the word it shares with the concept, its rank, or that it was drawn."),
        Column(
            "score",
            REAL,
            "What it was chosen by: how often its words name the concept (OCP), the similarity (DB, TAB), the "
            "activation gap in standard deviations; null where there is no such number.",
            nullable=True,
        ),
    ),
)

PRUNING_OUTCOMES = Table(
    "pruning_outcomes",
    room="pruning",
    grain="cut (strategy, size, concept and seed) and held-out clip",
    key=("strategy", "size_of", "concept_id", "seed", "clip_id"),
    columns=(
        _STRATEGY,
        _SIZE_OF,
        _CONCEPT,
        _SEED,
        Column("clip_id", INT, "The clip."),
        Column("concept_logit_before", REAL, "Logit of the concept's class before the cut."),
        Column("concept_logit_after", REAL, "Logit of the concept's class after it."),
        Column("concept_probability_before", REAL, "Softmax probability of the concept's class before, 0..1."),
        Column("concept_probability_after", REAL, "Softmax probability of the concept's class after, 0..1."),
        Column("own_logit_before", REAL, "Logit of the clip's own class before the cut."),
        Column("own_logit_after", REAL, "Logit of the clip's own class after it."),
        Column("own_probability_before", REAL, "Softmax probability of the clip's own class before, 0..1."),
        Column("own_probability_after", REAL, "Softmax probability of the clip's own class after, 0..1."),
        Column("predicted_before", TEXT, "Class with the highest logit before the cut."),
        Column("predicted_after", TEXT, "Class with the highest logit after it."),
    ),
)

PRUNING_EFFECTS = Table(
    "pruning_effects",
    room="pruning",
    grain="strategy, size, concept (or all concepts), scale and measure",
    key=("strategy", "size_of", "concept_id", "scale", "measure"),
    columns=(
        _STRATEGY,
        _SIZE_OF,
        Column("concept_id", INT, "The concept; null for the mean over all measured concepts.", nullable=True),
        Column(
            "scale",
            TEXT,
            "logit or probability of a clip's own class, or accuracy (1 where that class is predicted, else 0).",
        ),
        Column(
            "measure",
            TEXT,
            "ablated_before, ablated_after: mean over the concept's own clips; retained_before, retained_after: over "
            "the other classes, each counting the same; delta_ablated, delta_retained: after minus before; gap: "
            "|delta_ablated| - |delta_retained|; gap_over_random: gap minus that of random cuts as large (size_of)."
            " The controls lack it.",
        ),
        Column("estimate", REAL, "Value on the held-out clips, mean over seeds; null where missing.", nullable=True),
        Column("low", REAL, "Low end of the bootstrap interval; null without one.", nullable=True),
        Column("high", REAL, "High end of the bootstrap interval; null without one.", nullable=True),
        Column(
            "p_value",
            REAL,
            "gap_over_random over all concepts: two-sided sign-flip test, paired by concept; else null.",
            nullable=True,
        ),
        Column("concepts", INT, "Concepts that are measured in it."),
        Column("neurons", REAL, "Neurons cut, mean over seeds and concepts; null where nothing is.", nullable=True),
        Column("clips", INT, "Held-out clips of the concepts' own classes."),
        Column(
            "note",
            TEXT,
            "Why there is no value or no interval, or what the interval leaves out; else null.",
            nullable=True,
        ),
    ),
)

ABLATION_OUTCOMES = Table(
    "ablation_outcomes",
    room="pruning",
    grain="feature, fraction of neurons cut, and seed",
    key=("feature", "fraction", "seed"),
    columns=(
        Column("panel", TEXT, "a: parts of speech; b: basic against other adjectives; c: single adjectives (Fig 4)."),
        Column("feature", TEXT, "What neurons are ranked by, as adjectives, caption_length, or adjective: loud."),
        Column("fraction", REAL, "Share of the neurons that is cut, head spared, 0..1."),
        Column("seed", INT, "Seed; it orders neurons that have equally much of the feature, and nothing else."),
        Column("neurons", INT, "Neurons cut."),
        Column("tied_neurons", INT, "Of them, neurons that the seed chose among equals."),
        Column("clips", INT, "Held-out clips."),
        Column("correct", INT, "Held-out clips whose class is predicted; null where missing.", nullable=True),
        Column("accuracy", REAL, "correct / clips, 0..1; null where missing.", nullable=True),
        Column("chance_accuracy", REAL, "Share of the commonest class among the held-out clips.", nullable=True),
        Column("missing_reason", TEXT, "Why there is no accuracy; null where there is one.", nullable=True),
    ),
)
