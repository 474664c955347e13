"""Room figures, for the pruning room's reports: Table 4, Fig 10 and Fig 4."""

from assets.drawing import figure_of
from dagster_and import figures

unlearning = figure_of(
    "unlearning", figures.unlearning, ["rpt_unlearning"],
    "One figure and one table: what each strategy makes the network forget and keep, with bootstrap intervals "
    "and controls (the paper's Table 4).",
)  # fmt: skip
one_concept_pruned = figure_of(
    "one_concept_pruned", figures.one_concept_pruned, ["rpt_unlearning_by_class"],
    "One figure and one table: every class's own logit before and after a concept is cut out (the paper's Fig 10).",
)  # fmt: skip
feature_importance = figure_of(
    "feature_importance", figures.feature_importance, ["rpt_feature_importance"],
    "One figure and one table: accuracy after cutting the neurons that have most of a feature, with 95 % intervals and "
    "chance (the paper's Fig 4).",
)  # fmt: skip
