"""Room top_clips: the evidence for each neuron."""

from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_asset
from dagster_and.catalogue import GPU
from dagster_and.lake.tables import ACTIVATIONS, MOMENTS, PROBING_CLIPS, TOP_CLIPS
from dagster_and.resources import House


@table_asset(TOP_CLIPS, deps=[ACTIVATIONS], code_version="1", kinds=["numpy"])
def top_clips(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Rank the clips of every neuron and keep K at either end."""
    k = house.dissection(context.partition_key).top_clips.k

    def make():
        from dagster_and.method.top_clips.ranking import rank_clips

        return rank_clips(house.activations(context.partition_key, "top clips"), k)

    return house.materialise(context, TOP_CLIPS, make, k)


@table_asset(MOMENTS, deps=[TOP_CLIPS, PROBING_CLIPS], code_version="1", kinds=["torch"], pool=GPU)
def moments(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Look up when in its top clips each neuron fires; what was not kept with the activations is heard again."""
    dissection = house.dissection(context.partition_key)
    settings = dissection.activations

    def make():
        from dagster_and.targets.opening import identity
        from dagster_and.targets.recording.moments import moments

        target, engine = house.target(dissection), house.engine(dissection)
        clips, top = (house.lake.read(table, dissection.name) for table in (PROBING_CLIPS, TOP_CLIPS))
        place, known_by = house.home.cache / "shards", identity(dissection, target.checkpoint)
        features = house.features(dissection, target)
        return moments(target, clips, top, features, settings, place, known_by, engine)

    return house.materialise(context, MOMENTS, make, settings.moments, settings.pooling)
