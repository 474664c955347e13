"""Tables of the room interpretability: whose top clips are about one thing (AND, Fig 6)."""

import pyarrow as pa

from dagster_and.method.contract.table import FLAG, INT, REAL, TEXT, Column, Table

CAPTION_CLUSTERS = Table(
    "caption_clusters",
    room="interpretability",
    grain="clip and sentence of its caption",
    key=("clip_id", "sentence_index"),
    columns=(
        Column("clip_id", INT, "The clip."),
        Column("sentence_index", INT, "Position of the sentence in the caption, from 0."),
        Column("sentence", TEXT, "The sentence, without marks of lists."),
        Column("cluster", INT, "Its K-means cluster, 0.. in the order in which the clusters first occur."),
    ),
)

INTERPRETABILITY = Table(
    "interpretability",
    room="interpretability",
    grain="neuron and threshold: whether so many of its top clips say something alike",
    key=("neuron_id", "threshold"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("threshold", INT, "How many of the top clips have to share a cluster."),
        Column("top_clips", INT, "Highly activating clips that were looked at: K."),
        Column("captioned_clips", INT, "Those of them that have a caption."),
        Column(
            "best_cluster", INT, "Cluster that most of them touch, the first of equals; null if none.", nullable=True
        ),
        Column("clips_in_best_cluster", INT, "Top clips that touch it."),
        Column(
            "is_interpretable",
            FLAG,
            "Whether these reach the threshold; null where a missing caption leaves it open.",
            nullable=True,
        ),
    ),
)

_CLUSTERS = Column("clusters", INT, "Clusters asked for.")
_SEED = Column("seed", pa.int64(), "Seed of K-means.")

INTERPRETABILITY_RUNS = Table(
    "interpretability_runs",
    room="interpretability",
    grain="run of K-means (clusters and seed) and neuron: how many of its top clips share a cluster",
    key=("clusters", "seed", "neuron_id"),
    columns=(
        _CLUSTERS,
        _SEED,
        Column("neuron_id", INT, "The neuron."),
        Column("clips_in_best_cluster", INT, "Top clips that touch the cluster that most of them touch."),
    ),
)

INTERPRETABILITY_CHANCE = Table(
    "interpretability_chance",
    room="interpretability",
    grain="run of K-means (clusters and seed) and threshold: what clips drawn at random would give",
    key=("clusters", "seed", "threshold"),
    columns=(
        _CLUSTERS,
        _SEED,
        Column("threshold", INT, "How many of the top clips have to share a cluster."),
        Column("is_main", FLAG, "Whether it is the run that the table interpretability rests on."),
        Column("clusters_found", INT, "Clusters made: fewer than asked for where there are fewer distinct sentences."),
        Column(
            "chance_share",
            REAL,
            "Share of uninterpretable ones, 0..1, if the top clips were drawn at random; null if none can be judged.",
            nullable=True,
        ),
    ),
)
