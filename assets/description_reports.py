"""Room figures: what dbt counts of the descriptions, for people."""

from assets.drawing import figure_of
from dagster_and import figures

adjective_counts = figure_of(
    "adjective_counts",
    figures.adjective_counts,
    ["rpt_adjective_counts"],
    "One figure and one table: the commonest acoustic adjectives of all neurons (the paper's Figure 3).",
)
