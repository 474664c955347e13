"""Figures of the room evidence, from dbt's reports."""

from assets.drawing import figure_of
from dagster_and import figures

held_out_scores = figure_of(
    "held_out_scores", figures.held_out_scores, ["rpt_held_out_scores_by_block"],
    "One figure and one table: how well descriptions predict the activation on clips that did not make them, by block, "
    "against shuffled descriptions and chance.",
)  # fmt: skip
planted_neurons_report = figure_of(
    "planted_neurons_marked", figures.planted_neurons, ["rpt_planted_neurons"],
    "One figure and one table: which planted neurons were called what they are.",
)  # fmt: skip
stability_by_block = figure_of(
    "stability_by_block", figures.description_stability, ["rpt_stability_by_block"],
    "One figure and one table: how alike descriptions from two halves of the probing set are, against chance.",
)  # fmt: skip
dissection_comparison = figure_of(
    "dissection_comparison", figures.dissection_comparison, ["rpt_dissection_comparison"],
    "One figure and one table: what differs between dissections, with 95 % intervals.",
)  # fmt: skip
