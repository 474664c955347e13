"""Room figures: dbt's reports read from the warehouse, drawn, published, shown."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dagster import AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, asset

from dagster_and import figures
from dagster_and.catalogue import OWNERS, tags
from dagster_and.exports.markdown import markdown
from dagster_and.exports.reports import publish_if_changed
from dagster_and.foundation.rooms import group_name
from dagster_and.resources import House, picture
from dagster_and.warehouse.reading import read_report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS_SHOWN = 200


def figure_of(name: str, draw: "Callable[..., Figure]", reports: Sequence[str], description: str) -> AssetsDefinition:
    """The asset that draws reports; the first one's CSV has the figure's name, the others their own."""

    @asset(
        name=name, deps=[AssetKey(report) for report in reports], description=description, kinds={"matplotlib"},
        group_name=group_name("figures"), owners=OWNERS, tags=tags("figures"),
    )  # fmt: skip
    def drawn(house: House) -> MaterializeResult:
        tables = {report: read_report(house.home.warehouse, report) for report in reports}
        notes = house.home.cache / "figures"
        paths, reused = publish_if_changed(house.home.reports, notes, name, tables, draw)
        drawing = next(path for path in paths if path.suffix == ".png")
        files = MetadataValue.md("  \n".join(f"`{path}`" for path in paths))
        shown = MetadataValue.md(markdown(tables[(*reports[1:], reports[0])[0]].head(ROWS_SHOWN)))
        told = {"figure": picture(drawing), "files": files, "table": shown, "reused": MetadataValue.bool(reused)}
        return MaterializeResult(metadata=told)

    return drawn


last_layer_accuracy = figure_of(
    "last_layer_accuracy",
    figures.last_layer_accuracy,
    ["rpt_last_layer_accuracy"],
    "One figure and one table: how often the head's neurons are named right, by similarity function, with 95 % "
    "intervals and chance (the paper's Table 2).",
)
adjective_counts = figure_of(
    "adjective_counts",
    figures.adjective_counts,
    ["rpt_adjective_counts"],
    "One figure and one table: the commonest acoustic adjectives of all neurons (the paper's Figure 3).",
)
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
labels_by_block = figure_of(
    "labels_by_block", figures.labels_by_block, ["rpt_labels_by_block"],
    "One figure and one table: how many neurons of each block have a label, with 95 % intervals, how closely it fits, "
    "and how many clips carry the activation.",
)  # fmt: skip
held_out_scores = figure_of(
    "held_out_scores", figures.held_out_scores, ["rpt_held_out_scores_by_block"],
    "One figure and one table: how well labels and descriptions predict the activation on clips that did not make "
    "them, by block, against shuffled descriptions and chance.",
)  # fmt: skip
planted_neurons_report = figure_of(
    "planted_neurons_marked", figures.planted_neurons, ["rpt_planted_neurons"],
    "One figure and one table: which planted neurons were called what they are.",
)  # fmt: skip
stability_by_block = figure_of(
    "stability_by_block", figures.description_stability, ["rpt_stability_by_block"],
    "One figure and one table: how far labels and descriptions hang on the clips at hand, beside chance.",
)  # fmt: skip
dissection_comparison = figure_of(
    "dissection_comparison", figures.dissection_comparison, ["rpt_dissection_comparison"],
    "One figure and one table: what differs between dissections, with 95 % intervals.",
)  # fmt: skip
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
