"""Tables of the room labels: the shortest form of atoms that each neuron's activation follows."""

import pyarrow as pa

from dagster_and.method.contract.table import INT, REAL, TEXT, Column, Table

ATOMS = Table(
    "atoms",
    room="labels",
    grain="atom: something that holds of a clip, or doesn't",
    key=("atom_id",),
    columns=(
        Column("atom_id", INT, "Position among the atoms, 0..n-1."),
        Column("atom", TEXT, "The atom in words, as a label says it."),
        Column("kind", TEXT, "label, concept, word, phrase (words that always come together) or acoustic."),
        Column("quality", TEXT, "What is measured, of an acoustic atom; null for others.", nullable=True),
        Column("unit", TEXT, "Unit of low and high: Hz, dBFS, 1/s, ms; null where there is none.", nullable=True),
        Column("low", REAL, "Least value at which it holds; null where it is open.", nullable=True),
        Column("high", REAL, "Value from which it no longer holds; null where it is open.", nullable=True),
        Column("clips", INT, "Clips of which it holds."),
        Column("known_clips", INT, "Clips of which it is known whether it holds."),
        Column("clip_ids", pa.list_(pa.int32()), "The clips of which it holds, in order."),
    ),
)

NEURON_LABELS = Table(
    "neuron_labels",
    room="labels",
    grain="neuron and mode: what its activation follows, by a form of at most three atoms",
    key=("neuron_id", "mode"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("mode", INT, "1; a neuron that follows a second thing by itself has a mode 2, too."),
        Column("verdict", TEXT, "labelled; no_label: no form holds on clips that did not choose it; dead."),
        Column("label", TEXT, "The form in words; null where none holds.", nullable=True),
        Column("form", TEXT, "The same form with AND, OR and NOT; null where none holds.", nullable=True),
        Column(
            "atom_ids", pa.list_(pa.int32()), "Atoms of the form, in its order; null where none holds.", nullable=True
        ),
        Column(
            "auroc",
            REAL,
            "Cross-fitted AUROC: each clip's truth is that of the form which the other folds chose; 0.5 is chance.",
            nullable=True,
        ),
        Column("auroc_low", REAL, "Low end of its 95 % interval, clips of one fold taken as dependent.", nullable=True),
        Column("auroc_high", REAL, "High end of its 95 % interval.", nullable=True),
        Column("p_value", REAL, "One-sided Mann-Whitney p value of the cross-fitted AUROC.", nullable=True),
        Column("q_value", REAL, "Benjamini-Hochberg false discovery rate over all neurons.", nullable=True),
        Column(
            "iou",
            REAL,
            "Cross-fitted intersection over union: clips of the form against the neuron's effective clips.",
            nullable=True,
        ),
        Column(
            "accounts_for",
            REAL,
            "Share of the activation above its median that falls on clips of the form (cross-fitted).",
            nullable=True,
        ),
        Column(
            "precision",
            REAL,
            "Share of the neuron's effective clips that are of the form (cross-fitted).",
            nullable=True,
        ),
        Column(
            "effective_clips",
            REAL,
            "Clips that carry the activation: (sum a)^2 / sum a^2 of what is above the median; null if dead.",
            nullable=True,
        ),
        Column(
            "part_agreement",
            REAL,
            "How far the forms that the parts chose say the same: mean intersection over union of the clips that they "
            "hold on, 0..1; null if dead.",
            nullable=True,
        ),
        Column("forms_tried", INT, "Forms that were tried to find this one."),
        Column(
            "runner_up", TEXT, "Next best form in words that can't be told apart from it; null if none.", nullable=True
        ),
        Column("runner_up_auroc", REAL, "AUROC of the runner-up, by the same measure.", nullable=True),
        Column("clips", INT, "Clips that the AUROC rests on."),
        Column("missing_reason", TEXT, "Why there is no label; null where there is one.", nullable=True),
    ),
)

LABEL_PARTS = Table(
    "label_parts",
    room="labels",
    grain="neuron that is not dead and part of the clips: the form that the other parts chose for its first label",
    key=("neuron_id", "part"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("part", INT, "0..: the folds, put together where there are more than five, or five seeded parts."),
        Column("label", TEXT, "The form in words; null where the other parts found none.", nullable=True),
        Column("form", TEXT, "The same form with AND, OR and NOT; null where there is none.", nullable=True),
        Column("atom_ids", pa.list_(pa.int32()), "Atoms of the form, in its order; null if none.", nullable=True),
        Column("auroc", REAL, "AUROC of the form on the part, which did not choose it; 0.5 is chance.", nullable=True),
        Column("clips", INT, "Clips of the part."),
        Column("form_clips", INT, "Clips of the part that the form holds on."),
        Column("missing_reason", TEXT, "Why there is no AUROC; null where there is one.", nullable=True),
    ),
)
