"""Room top_clips: the evidence for each neuron."""

from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_asset
from dagster_and.lake.tables import ACTIVATIONS, TOP_CLIPS
from dagster_and.resources import House


@table_asset(TOP_CLIPS, deps=[ACTIVATIONS], code_version="1", kinds=["numpy"])
def top_clips(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Rank the clips of every neuron and keep K at either end."""
    k = house.dissection(context.partition_key).top_clips.k

    def make():
        from dagster_and.method.top_clips.ranking import rank_clips

        return rank_clips(house.activations(context.partition_key, "top clips"), k)

    return house.materialise(context, TOP_CLIPS, make, k)
