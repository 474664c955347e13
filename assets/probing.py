"""Room probing: which sounds the target is asked about."""

from collections.abc import Iterator
from functools import cache

import polars as pl
from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_spec, tables_asset
from dagster_and import figures
from dagster_and.lake.tables import PROBING_CLIPS, REJECTED_CLIPS
from dagster_and.probing_sets.probe import fingerprint, list_files, probe
from dagster_and.resources import House, picture

VERSION = "3"


@tables_asset(
    "probing",
    [
        table_spec(REJECTED_CLIPS, code_version=VERSION, note="A bad file is data with a reason; the rest goes on."),
        table_spec(PROBING_CLIPS, code_version=VERSION, kinds=["audio"]),
    ],
    urgent=PROBING_CLIPS,
)
def probing(context: AssetExecutionContext, house: House) -> Iterator[MaterializeResult]:
    """List, read and judge every file of the probing set."""
    section = house.dissection(context.partition_key).probing
    listing = list_files(section, house.home.cache)
    probed = cache(lambda: probe(listing, section.window_s))
    made_from = (section, fingerprint(listing, house.home))
    yield house.materialise(context, REJECTED_CLIPS, lambda: probed()[1], *made_from)

    def clips() -> pl.DataFrame:
        found = probed()[0]
        house.shared.give_sounds(found)
        return found

    yield house.materialise(
        context, PROBING_CLIPS, clips, *made_from,
        describe=lambda clips: {"clips": clips.height, "one clip of each class": picture(figures.clip_gallery, clips)},
    )  # fmt: skip
