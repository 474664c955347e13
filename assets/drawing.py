"""How a figure is made of dbt's reports: read, drawn, published, shown."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dagster import AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, asset

from dagster_and.exports.markdown import markdown
from dagster_and.exports.reports import publish
from dagster_and.foundation.rooms import group_name
from dagster_and.resources import House, picture
from dagster_and.warehouse.reading import read_report

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
        paths = publish(house.home.reports, name, first, draw(first, *others))
        drawing = next(path for path in paths if path.suffix == ".png")
        for report, table in zip(reports[1:], others, strict=True):
            paths += publish(house.home.reports, report, table)
        files = MetadataValue.md("  \n".join(f"`{path}`" for path in paths))
        shown = MetadataValue.md(markdown((others or [first])[0].head(ROWS_SHOWN)))
        return MaterializeResult(metadata={"figure": picture(drawing), "files": files, "table": shown})

    return drawn
