"""Room activations: what every neuron does on every clip."""

import polars as pl
from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and import figures
from dagster_and.catalogue import GPU
from dagster_and.lake.tables import ACTIVATIONS, NEURONS, PROBING_CLIPS, TARGETS
from dagster_and.resources import House, picture


@table_asset(NEURONS, deps=[TARGETS], code_version="2")
def neurons(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """List every output unit of every dissected layer."""
    dissection = house.dissection(context.partition_key)

    def make():
        from dagster_and.targets.recording.neurons import neurons

        return neurons(house.target(dissection, weights=False))

    return house.materialise(context, NEURONS, make, dissection.activations.layers)


@table_asset(ACTIVATIONS, deps=[NEURONS, PROBING_CLIPS], code_version="3", kinds=["torch"], pool=GPU)
def activations(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Run every sound through the target once; device, batch size and buffer are not in the key."""
    dissection = house.dissection(context.partition_key)
    computed: dict[str, str] = {}

    def make():
        from dagster_and.targets.opening import identity
        from dagster_and.targets.recording.activations import record

        target = house.target(dissection)
        engine = house.engine(dissection)
        computed["computed on"] = f"{target.placement.in_words}; {engine.in_words}"
        features = house.features(dissection, target)
        clips = house.lake.read(PROBING_CLIPS, dissection.name)
        place, known_by = house.home.cache / "shards", identity(dissection, target.checkpoint)
        return record(target, clips, features, dissection.activations, place, known_by, engine)

    return house.materialise(
        context, ACTIVATIONS, make, dissection.activations.pooling,
        described_columns=["neuron_id", "standard_deviation"],
        describe=lambda spread: computed | {"spread by layer": _spread_by_layer(house, dissection.name, spread)},
    )  # fmt: skip


def _spread_by_layer(house: House, name: str, spread: pl.DataFrame) -> MetadataValue:
    return picture(figures.activations_by_layer, house.lake.read(NEURONS, name), spread)
