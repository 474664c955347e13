"""Every table of the lake, in the order of the rooms.

A contract (grain, key, columns) lies with its room, in ``method/<room>/tables.py``. The lake writes and reads by it,
the zero-row schema files come from it, Dagster shows it as the asset's column schema, and tests hold the dbt sources
and the Great Expectations suites against it. The column ``dissection`` is the partition key; it is the folder's name
(hive layout) and not stored inside the files.
"""

from dagster_and.method.activations.tables import ACTIVATIONS, NEURONS
from dagster_and.method.answers.tables import ANSWERS
from dagster_and.method.calibration.tables import SUMMARY_SENTENCES
from dagster_and.method.captions.tables import CLIP_ACOUSTICS, CLIP_CAPTIONS
from dagster_and.method.closed_concepts.tables import (
    CONCEPT_CHOICES,
    CONCEPT_PREDICTIONS,
    CONCEPT_SIMILARITIES,
    CONCEPTS,
)
from dagster_and.method.contract.table import Table
from dagster_and.method.evidence.tables import (
    CONCEPT_SIGNIFICANCE,
    DESCRIPTION_SCORES,
    DESCRIPTION_STABILITY,
    EVIDENT_WORDS,
    HALF_DESCRIPTIONS,
    NEURON_SENTENCES,
    NEURON_VERDICTS,
    PLANTED_NEURONS,
)
from dagster_and.method.interpretability.tables import (
    CAPTION_CLUSTERS,
    INTERPRETABILITY,
    INTERPRETABILITY_CHANCE,
    INTERPRETABILITY_RUNS,
)
from dagster_and.method.labels.tables import ATOMS, LABEL_PARTS, NEURON_LABELS
from dagster_and.method.open_concepts.tables import ADJECTIVES, NEURON_WORDS
from dagster_and.method.probing.tables import PROBING_CLIPS, REJECTED_CLIPS
from dagster_and.method.pruning.tables import (
    ABLATION_OUTCOMES,
    PRUNED_NEURONS,
    PRUNING_EFFECTS,
    PRUNING_OUTCOMES,
    PRUNINGS,
)
from dagster_and.method.summaries.tables import MOMENT_CAPTIONS, SUMMARIES
from dagster_and.method.target.tables import TARGETS
from dagster_and.method.top_clips.tables import MOMENTS, TOP_CLIPS

TABLES: tuple[Table, ...] = (
    PROBING_CLIPS,
    REJECTED_CLIPS,
    CLIP_ACOUSTICS,
    CLIP_CAPTIONS,
    TARGETS,
    NEURONS,
    ACTIVATIONS,
    TOP_CLIPS,
    MOMENTS,
    MOMENT_CAPTIONS,
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
    ATOMS,
    NEURON_LABELS,
    LABEL_PARTS,
    CONCEPT_SIGNIFICANCE,
    EVIDENT_WORDS,
    HALF_DESCRIPTIONS,
    DESCRIPTION_SCORES,
    NEURON_SENTENCES,
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
