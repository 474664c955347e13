"""Every figure that is drawn from dbt's reports, once for all who draw them: a run's end, a dissection's report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from dagster_and.figures.canvas import NothingToDrawError
from dagster_and.figures.closed_concepts import last_layer_accuracy
from dagster_and.figures.evidence import (
    description_stability,
    dissection_comparison,
    held_out_scores,
    planted_neurons,
)
from dagster_and.figures.interpretability import interpretability_sensitivity, uninterpretable_by_block
from dagster_and.figures.labels import labels_by_block
from dagster_and.figures.open_concepts import adjective_counts, adjectives_by_block
from dagster_and.figures.pruning import feature_importance, one_concept_pruned, unlearning

if TYPE_CHECKING:
    from matplotlib.figure import Figure


DISSECTIONS = 12
"""That a figure shows at most, with a panel or a line for each: sixty took a minute, and nobody could read them."""


@dataclass(frozen=True)
class Drawing:
    """One figure: its name, what draws it, the reports that it is drawn from in the order in which that takes them."""

    name: str
    draw_all: "Callable[..., Figure]"
    reports: tuple[str, ...]
    says: str
    """What it shows, in a sentence that goes on after a colon."""

    @property
    def description(self) -> str:
        """Its grain, then what it shows."""
        return f"One figure and {'one table' if len(self.reports) == 1 else 'two tables'}: {self.says}"

    def draw(self, *reports: pl.DataFrame) -> "Figure":
        """The figure, of twelve dissections at most: of the first by name of which there is something to draw.

        Raises:
            NothingToDrawError: there is nothing to draw of any.
        """
        if "dissection" not in reports[0].columns:  # rows are of pairs
            return self.draw_all(*reports)
        names = reports[0]["dissection"].unique().sort().to_list()
        nothing = NothingToDrawError("There is no dissection.")
        for first in range(0, max(len(names), 1), DISSECTIONS):
            shown = names[first : first + DISSECTIONS]
            try:
                figure = self.draw_all(*(report.filter(pl.col("dissection").is_in(shown)) for report in reports))
            except NothingToDrawError as none_of_these:
                nothing = none_of_these
                continue
            if len(shown) < len(names):
                figure.suptitle(f"{len(shown)} of {len(names)} dissections; all are in the table.", fontsize=8.5)
            return figure
        raise nothing


DRAWINGS = (
    Drawing(
        "labels_by_block", labels_by_block, ("rpt_labels_by_block",),
        "how many neurons of each block have a label, with 95 % intervals, how closely it fits, and how many clips "
        "carry the activation.",
    ),
    Drawing(
        "held_out_scores", held_out_scores, ("rpt_held_out_scores_by_block",),
        "how well labels and descriptions predict the activation on clips that did not make them, by block, against "
        "shuffled descriptions and chance.",
    ),
    Drawing(
        "stability_by_block", description_stability, ("rpt_stability_by_block",),
        "how far labels and descriptions hang on the clips at hand, beside chance.",
    ),
    Drawing(
        "planted_neurons_marked", planted_neurons, ("rpt_planted_neurons",),
        "which planted neurons were called what they are.",
    ),
    Drawing(
        "last_layer_accuracy", last_layer_accuracy, ("rpt_last_layer_accuracy",),
        "how often the head's neurons are named right, by similarity function, with 95 % intervals and chance (the "
        "paper's Table 2).",
    ),
    Drawing(
        "adjective_counts", adjective_counts, ("rpt_adjective_counts",),
        "the commonest acoustic adjectives of all neurons (the paper's Figure 3).",
    ),
    Drawing(
        "adjectives_trend", adjectives_by_block, ("rpt_adjectives_by_block", "rpt_adjectives_trend"),
        "adjectives per neuron by block, with a straight line, its slope, 95 % interval and p value (the paper's Fig "
        "5).",
    ),
    Drawing(
        "uninterpretable_trend", uninterpretable_by_block,
        ("rpt_uninterpretable_by_block", "rpt_uninterpretable_trend"),
        "share of uninterpretable neurons by block and threshold, with 95 % intervals, chance and a straight line (the "
        "paper's Fig 6).",
    ),
    Drawing(
        "uninterpretable_sensitivity", interpretability_sensitivity, ("rpt_interpretability_sensitivity",),
        "the same shares by other numbers of clusters, with their range over seeds.",
    ),
    Drawing(
        "unlearning", unlearning, ("rpt_unlearning",),
        "what each strategy makes the network forget and keep, with bootstrap intervals and controls (the paper's "
        "Table 4).",
    ),
    Drawing(
        "one_concept_pruned", one_concept_pruned, ("rpt_unlearning_by_class",),
        "every class's own logit before and after a concept is cut out (the paper's Fig 10).",
    ),
    Drawing(
        "feature_importance", feature_importance, ("rpt_feature_importance",),
        "accuracy after cutting the neurons that have most of a feature, with 95 % intervals and chance (the paper's "
        "Fig 4).",
    ),
    Drawing(
        "dissection_comparison", dissection_comparison, ("rpt_dissection_comparison",),
        "what differs between dissections, with 95 % intervals.",
    ),
)  # fmt: skip
