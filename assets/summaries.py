"""Room summaries: what a describer says that a neuron's clips have in common."""

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and.catalogue import LLM
from dagster_and.describers import answered
from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import CLIP_CAPTIONS, NEURONS, SUMMARIES, TOP_CLIPS
from dagster_and.llm.collecting import spent_frame
from dagster_and.resources import House


@table_asset(
    SUMMARIES, deps=[TOP_CLIPS, CLIP_CAPTIONS, NEURONS], code_version="1", pool=LLM,
    note="Neurons whose clips have the same captions share one request. A missing summary is a row with a reason.",
)  # fmt: skip
def summaries(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Have the describer say what the highest and the lowest clips of every neuron share."""
    dissection = house.dissection(context.partition_key)
    describer, section = house.describer(dissection), dissection.summaries

    def make():
        from dagster_and.method.summaries.caption_sets import caption_sets, neurons_to_describe, summarise

        tops, captions, layout = (house.lake.read(t, dissection.name) for t in (TOP_CLIPS, CLIP_CAPTIONS, NEURONS))
        chosen = neurons_to_describe(layout, section.neurons_per_layer, section.choice, section.seed)
        asked = caption_sets(tops, captions)
        return summarise(asked, chosen, lambda sets: answered(describer.summarise(sets)), describer.name)

    return house.materialise(
        context, SUMMARIES, make, section, describer.name, describer.fingerprint,
        describe=lambda table: {
            "describer": describer.name,
            **{"missing": table["summary"].null_count(), "distinct": table["summary"].n_unique()},
            "calls to a model": MetadataValue.md(markdown(spent_frame(describer, "summarise"))),
            "examples": MetadataValue.md(markdown(table.select("neuron_id", "direction", "summary").head(10))),
        },
    )  # fmt: skip
