"""Room 11, figures: what dbt's reports look like, for people."""

from dagster import AssetKey, MaterializeResult, MetadataValue, asset

from dagster_and import figures
from dagster_and.publishing import markdown, publish, read_report
from dagster_and.resources import House, picture
from dagster_and.rooms import group_name


@asset(
    deps=[AssetKey("rpt_last_layer_accuracy")],
    group_name=group_name("figures"),
    kinds={"matplotlib"},
    description="One figure and one table: how often the head's neurons are named right, by similarity function, "
    "with 95 % intervals and chance (the paper's Table 2).",
)
def last_layer_accuracy(house: House) -> MaterializeResult:
    """Draw rpt_last_layer_accuracy."""
    report = read_report(house.home.warehouse, "rpt_last_layer_accuracy")
    figure = figures.last_layer_accuracy(report)
    paths = publish(house.home.reports, "last_layer_accuracy", report, figure)
    return MaterializeResult(
        metadata={
            "figure": picture(figure),
            "files": MetadataValue.md("  \n".join(f"`{path}`" for path in paths)),
            "table": MetadataValue.md(markdown(report)),
        }
    )
