"""Figures 5 and 6, and what the latter hangs on, drawn from dbt's reports for all dissections side by side."""

from assets.drawing import figure_of
from dagster_and import figures

adjectives_trend = figure_of(
    "adjectives_trend",
    figures.adjectives_by_block,
    ["rpt_adjectives_by_block", "rpt_adjectives_trend"],
    "One figure and two tables: adjectives per neuron by block, with a straight line, its slope, 95 % interval and "
    "p value, all dissections side by side (the paper's Fig 5).",
)
uninterpretable_trend = figure_of(
    "uninterpretable_trend",
    figures.uninterpretable_by_block,
    ["rpt_uninterpretable_by_block", "rpt_uninterpretable_trend"],
    "One figure and two tables: share of uninterpretable neurons by block and threshold, with 95 % intervals, chance "
    "and a straight line, all dissections side by side (the paper's Fig 6).",
)
uninterpretable_sensitivity = figure_of(
    "uninterpretable_sensitivity",
    figures.interpretability_sensitivity,
    ["rpt_interpretability_sensitivity"],
    "One figure and one table: the same shares by other numbers of clusters, with their range over seeds.",
)
