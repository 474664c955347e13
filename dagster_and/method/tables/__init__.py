"""The contract of every Parquet table: grain, key, columns.

One place says what a table holds. The lake writes and reads by it, the zero-row schema files come from it, Dagster
shows it as the asset's column schema, and tests hold the dbt sources and the Great Expectations suites against it.
The column ``dissection`` is the partition key; it is the folder's name (hive layout) and not stored inside the files.
"""

from dagster_and.method.tables.activations import ACTIVATIONS, NEURONS
from dagster_and.method.tables.answers import ANSWERS
from dagster_and.method.tables.calibration import SUMMARY_SENTENCES
from dagster_and.method.tables.captions import CLIP_ACOUSTICS, CLIP_CAPTIONS
from dagster_and.method.tables.closed_concepts import (
    CONCEPT_CHOICES,
    CONCEPT_PREDICTIONS,
    CONCEPT_SIMILARITIES,
    CONCEPTS,
)
from dagster_and.method.tables.contract import Column, Table
from dagster_and.method.tables.evidence import (
    CONCEPT_SIGNIFICANCE,
    DESCRIPTION_SCORES,
    DESCRIPTION_STABILITY,
    EVIDENT_WORDS,
    NEURON_VERDICTS,
    PLANTED_NEURONS,
)
from dagster_and.method.tables.interpretability import (
    CAPTION_CLUSTERS,
    INTERPRETABILITY,
    INTERPRETABILITY_CHANCE,
    INTERPRETABILITY_RUNS,
)
from dagster_and.method.tables.open_concepts import ADJECTIVES, NEURON_WORDS
from dagster_and.method.tables.probing import PROBING_CLIPS, REJECTED_CLIPS
from dagster_and.method.tables.pruning import (
    ABLATION_OUTCOMES,
    PRUNED_NEURONS,
    PRUNING_EFFECTS,
    PRUNING_OUTCOMES,
    PRUNINGS,
)
from dagster_and.method.tables.summaries import SUMMARIES
from dagster_and.method.tables.target import TARGETS
from dagster_and.method.tables.top_clips import TOP_CLIPS

__all__ = [
    "ABLATION_OUTCOMES",
    "ACTIVATIONS",
    "ADJECTIVES",
    "ANSWERS",
    "CAPTION_CLUSTERS",
    "CLIP_ACOUSTICS",
    "CLIP_CAPTIONS",
    "CONCEPTS",
    "CONCEPT_CHOICES",
    "CONCEPT_PREDICTIONS",
    "CONCEPT_SIGNIFICANCE",
    "CONCEPT_SIMILARITIES",
    "DESCRIPTION_SCORES",
    "DESCRIPTION_STABILITY",
    "EVIDENT_WORDS",
    "INTERPRETABILITY",
    "INTERPRETABILITY_CHANCE",
    "INTERPRETABILITY_RUNS",
    "NEURONS",
    "NEURON_VERDICTS",
    "NEURON_WORDS",
    "PLANTED_NEURONS",
    "PROBING_CLIPS",
    "PRUNED_NEURONS",
    "PRUNINGS",
    "PRUNING_EFFECTS",
    "PRUNING_OUTCOMES",
    "REJECTED_CLIPS",
    "SUMMARIES",
    "SUMMARY_SENTENCES",
    "TABLES",
    "TARGETS",
    "TOP_CLIPS",
    "Column",
    "Table",
]

TABLES: tuple[Table, ...] = (
    PROBING_CLIPS,
    REJECTED_CLIPS,
    CLIP_ACOUSTICS,
    CLIP_CAPTIONS,
    TARGETS,
    NEURONS,
    ACTIVATIONS,
    TOP_CLIPS,
    SUMMARIES,
    SUMMARY_SENTENCES,
    CONCEPTS,
    CONCEPT_PREDICTIONS,
    CONCEPT_SIMILARITIES,
    CONCEPT_CHOICES,
    ADJECTIVES,
    NEURON_WORDS,
    CAPTION_CLUSTERS,
    INTERPRETABILITY,
    INTERPRETABILITY_RUNS,
    INTERPRETABILITY_CHANCE,
    CONCEPT_SIGNIFICANCE,
    EVIDENT_WORDS,
    DESCRIPTION_SCORES,
    NEURON_VERDICTS,
    DESCRIPTION_STABILITY,
    PLANTED_NEURONS,
    PRUNINGS,
    PRUNED_NEURONS,
    PRUNING_OUTCOMES,
    PRUNING_EFFECTS,
    ABLATION_OUTCOMES,
    ANSWERS,
)
"""Every table, in the order in which the rooms write them."""
