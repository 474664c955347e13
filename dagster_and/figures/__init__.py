"""Figures, for the UI's metadata and the reports folder. Frames in, matplotlib figures out."""

from dagster_and.figures.activations import activations_by_layer
from dagster_and.figures.canvas import NOT_DRAWN, NothingToDrawError
from dagster_and.figures.captions import acoustics_by_class
from dagster_and.figures.catalogue import DRAWINGS, Drawing
from dagster_and.figures.closed_concepts import head_predictions, last_layer_accuracy
from dagster_and.figures.evidence import (
    description_stability,
    dissection_comparison,
    held_out_scores,
    planted_neurons,
)
from dagster_and.figures.interpretability import interpretability_sensitivity, uninterpretable_by_block
from dagster_and.figures.labels import labels_by_block
from dagster_and.figures.open_concepts import adjective_counts, adjectives_by_block
from dagster_and.figures.probing import clip_gallery
from dagster_and.figures.pruning import feature_importance, neurons_by_strategy, one_concept_pruned, unlearning

__all__ = [
    "DRAWINGS",
    "NOT_DRAWN",
    "Drawing",
    "NothingToDrawError",
    "acoustics_by_class",
    "activations_by_layer",
    "adjective_counts",
    "adjectives_by_block",
    "clip_gallery",
    "description_stability",
    "dissection_comparison",
    "feature_importance",
    "head_predictions",
    "held_out_scores",
    "interpretability_sensitivity",
    "labels_by_block",
    "last_layer_accuracy",
    "neurons_by_strategy",
    "one_concept_pruned",
    "planted_neurons",
    "uninterpretable_by_block",
    "unlearning",
]
