"""Figures 5 and 6, and what the latter hangs on, drawn from dbt's reports for all dissections side by side."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dagster import AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, asset

from dagster_and import figures
from dagster_and.publishing import markdown, publish, read_report
from dagster_and.resources import House, picture
from dagster_and.rooms import group_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS_SHOWN = 200


def figure_of(name: str, draw: "Callable[..., Figure]", reports: Sequence[str], description: str) -> AssetsDefinition:
    """The asset that draws reports; the first one's CSV has the figure's name, the others their own."""

    @asset(
        name=name,
        deps=[AssetKey(report) for report in reports],
        group_name=group_name("figures"),
        kinds={"matplotlib"},
        description=description,
    )
    def drawn(house: House) -> MaterializeResult:
        first, *others = (read_report(house.home.warehouse, report) for report in reports)
        figure = draw(first, *others)
        paths = publish(house.home.reports, name, first, figure)
        for report, table in zip(reports[1:], others, strict=True):
            paths += publish(house.home.reports, report, table)
        files = MetadataValue.md("  \n".join(f"`{path}`" for path in paths))
        shown = (others or [first])[0].head(ROWS_SHOWN)
        return MaterializeResult(
            metadata={"figure": picture(figure), "files": files, "table": MetadataValue.md(markdown(shown))}
        )

    return drawn


adjectives_trend = figure_of(
    "adjectives_trend",
    figures.adjectives_by_block,
    ["rpt_adjectives_per_neuron", "rpt_adjectives_trend"],
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
