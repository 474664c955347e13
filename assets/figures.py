"""Room figures: dbt's reports read from the warehouse, drawn, published, shown."""

from dagster import AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, asset

from dagster_and.catalogue import OWNERS, tags
from dagster_and.exports.markdown import markdown
from dagster_and.exports.reports import publish_if_changed
from dagster_and.figures import DRAWINGS, NOT_DRAWN, Drawing
from dagster_and.foundation.rooms import group_name
from dagster_and.resources import House, in_words, picture_file
from dagster_and.warehouse.reading import read_report

ROWS_SHOWN = 200


def figure_of(drawing: Drawing) -> AssetsDefinition:
    """The asset that draws reports; the first one's CSV has the figure's name, the others their own."""

    @asset(
        name=drawing.name, description=drawing.description, deps=[AssetKey(report) for report in drawing.reports],
        group_name=group_name("figures"), kinds={"matplotlib"}, owners=OWNERS, tags=tags("figures"),
    )  # fmt: skip
    def figure(house: House) -> MaterializeResult:
        with in_words():
            tables = {report: read_report(house.home.warehouse, report) for report in drawing.reports}
            notes = house.home.cache / "figures"
            published = publish_if_changed(house.home.reports, notes, drawing.name, tables, drawing.draw)
            house.shared.publish(*published.paths)
        files = MetadataValue.md("  \n".join(f"`{path}`" for path in published.paths))
        shown = MetadataValue.md(markdown(tables[(*drawing.reports[1:], drawing.reports[0])[0]].head(ROWS_SHOWN)))
        told = {"files": files, "table": shown, "reused": MetadataValue.bool(published.is_reused)}
        told |= {"figure": picture_file(published.picture)} if published.picture else {NOT_DRAWN: published.not_drawn}
        return MaterializeResult(metadata=told)

    return figure


drawn_of_reports = [figure_of(drawing) for drawing in DRAWINGS]
