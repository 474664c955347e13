"""Room figures, for the pruning room's reports: Table 4, Fig 10 and Fig 4."""

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

ROWS_SHOWN = 60


def _report_asset(
    name: str, model: str, draw: Callable[[pl.DataFrame], "Figure"], description: str
) -> AssetsDefinition:
    """The asset that draws one dbt report, and writes it to the reports folder."""

    @asset(
        name=name, deps=[AssetKey(model)], group_name=group_name("figures"), kinds={"matplotlib"},
        description=description,
    )  # fmt: skip
    def report_asset(house: House) -> MaterializeResult:
        report = read_report(house.home.warehouse, model)
        figure = draw(report)
        paths = publish(house.home.reports, name, report, figure)
        return MaterializeResult(
            metadata={
                "figure": picture(figure),
                "files": MetadataValue.md("  \n".join(f"`{path}`" for path in paths)),
                "table": MetadataValue.md(markdown(report.head(ROWS_SHOWN))),
            }
        )

    return report_asset


unlearning = _report_asset(
    "unlearning", "rpt_unlearning", figures.unlearning,
    "One figure and one table: what each strategy makes the network forget and keep, with bootstrap intervals "
    "and controls (the paper's Table 4).",
)  # fmt: skip
one_concept_pruned = _report_asset(
    "one_concept_pruned", "rpt_unlearning_by_class", figures.one_concept_pruned,
    "One figure and one table: every class's own logit before and after a concept is cut out (the paper's Fig 10).",
)  # fmt: skip
feature_importance = _report_asset(
    "feature_importance", "rpt_feature_importance", figures.feature_importance,
    "One figure and one table: accuracy after cutting the neurons that have most of a feature, with 95 % intervals and "
    "chance (the paper's Fig 4).",
)  # fmt: skip
