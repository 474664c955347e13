"""Room captions: every clip in words."""

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and import figures
from dagster_and.audio.measuring import measure_clips
from dagster_and.captioners import open_captioner
from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import CLIP_ACOUSTICS, CLIP_CAPTIONS, PROBING_CLIPS
from dagster_and.llm.collecting import spent_frame
from dagster_and.resources import House, picture


@table_asset(CLIP_ACOUSTICS, deps=[PROBING_CLIPS], code_version="2", kinds=["numpy"])
def clip_acoustics(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Measure loudness, pitch, brightness, tonality, rhythm, attack and steadiness."""
    clips = house.lake.read(PROBING_CLIPS, context.partition_key)
    return house.materialise(
        context, CLIP_ACOUSTICS, lambda: measure_clips(house.shared.heard_here(clips)),
        describe=lambda table: {"acoustics by class": picture(figures.acoustics_by_class(clips, table))},
    )  # fmt: skip


@table_asset(
    CLIP_CAPTIONS, deps=[PROBING_CLIPS, CLIP_ACOUSTICS], code_version="2",
    note="A missing caption is a row with a reason.",
)  # fmt: skip
def clip_captions(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Caption every clip by the dissection's captioner."""
    dissection = house.dissection(context.partition_key)
    captioner = open_captioner(dissection, house.home)
    clips, acoustics = (house.lake.read(t, dissection.name) for t in (PROBING_CLIPS, CLIP_ACOUSTICS))
    return house.materialise(
        context, CLIP_CAPTIONS, lambda: captioner.captions(house.shared.heard_here(clips), acoustics),
        captioner.name, captioner.fingerprint,
        describe=lambda table: {
            "captioner": captioner.name,
            "missing": int(table["caption"].null_count()),
            "calls to a model": MetadataValue.md(markdown(spent_frame(captioner, "canary", "caption"))),
            "examples": MetadataValue.md(markdown(table.select("clip_id", "caption").head(10))),
        },
    )  # fmt: skip
