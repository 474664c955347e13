"""Room 3, target: the network under dissection."""

from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_asset
from dagster_and.method.tables import PROBING_CLIPS, TARGETS
from dagster_and.resources import House
from dagster_and.targets.preparing import checkpoint_of, fingerprint, prepare


@table_asset(
    TARGETS, deps=[PROBING_CLIPS], code_version="1", kinds=["torch"],
    note="An embedded target is trained here, once, and saved as a transformers folder.",
)  # fmt: skip
def targets(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Train the embedded target, or open the checkpoint."""
    dissection = house.dissection(context.partition_key)
    clips = house.lake.read(PROBING_CLIPS, dissection.name)
    return house.materialise(
        context, TARGETS, lambda: prepare(dissection, clips, house.home), dissection.target,
        dissection.activations.layers, fingerprint(dissection), str(checkpoint_of(dissection, clips, house.home)),
        describe=lambda table: {
            key: table[key][0]
            for key in ("target", "checkpoint", "neurons", "held_out_accuracy", "chance_accuracy")
            if table[key][0] is not None
        },
    )  # fmt: skip
