"""Figures of the room evidence, from dbt's reports."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl
from dagster import AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, asset

from dagster_and import figures
from dagster_and.publishing import markdown, publish, read_report
from dagster_and.resources import House, picture
from dagster_and.rooms import group_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _figure_asset(
    name: str, report: str, draw: Callable[[pl.DataFrame], "Figure"], description: str
) -> AssetsDefinition:
    """The asset of one figure and its table in the reports folder."""

    @asset(
        name=name, deps=[AssetKey(report)], group_name=group_name("figures"), kinds={"matplotlib"},
        description=description,
    )  # fmt: skip
    def drawn(house: House) -> MaterializeResult:
        table = read_report(house.home.warehouse, report)
        figure = draw(table)
        paths = publish(house.home.reports, name, table, figure)
        files = MetadataValue.md("  \n".join(f"`{path}`" for path in paths))
        rows = MetadataValue.md(markdown(table.head(100)))
        return MaterializeResult(metadata={"figure": picture(figure), "files": files, "table": rows})

    return drawn


held_out_scores = _figure_asset(
    "held_out_scores", "rpt_held_out_scores_by_block", figures.held_out_scores,
    "One figure and one table: how well descriptions predict the activation on clips that did not make them, by block, "
    "against shuffled descriptions and chance.",
)  # fmt: skip
planted_neurons_report = _figure_asset(
    "planted_neurons_marked", "rpt_planted_neurons", figures.planted_neurons,
    "One figure and one table: which planted neurons were called what they are.",
)  # fmt: skip
stability_by_block = _figure_asset(
    "stability_by_block", "rpt_stability_by_block", figures.description_stability,
    "One figure and one table: how alike descriptions from two halves of the probing set are, against chance.",
)  # fmt: skip
dissection_comparison = _figure_asset(
    "dissection_comparison", "rpt_dissection_comparison", figures.dissection_comparison,
    "One figure and one table: what differs between dissections, with 95 % intervals.",
)  # fmt: skip
