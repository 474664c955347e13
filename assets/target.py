"""Room target: the network under dissection."""

from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_asset
from dagster_and.lake.tables import PROBING_CLIPS, TARGETS
from dagster_and.resources import House
from dagster_and.targets.opening import checkpoint_of, fingerprint, prepare

SHOWN = (
    "target", "checkpoint", "neurons", "held_out_accuracy", "chance_accuracy", "pretraining_accuracy",
    "pretraining_chance_accuracy",
)  # fmt: skip


@table_asset(
    TARGETS, deps=[PROBING_CLIPS], code_version="2", kinds=["torch"],
    note="An embedded target is trained here, once, and saved in its family's published format.",
)  # fmt: skip
def targets(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Train the embedded target, or open the checkpoint."""
    dissection = house.dissection(context.partition_key)
    clips = house.lake.read(PROBING_CLIPS, dissection.name)
    checkpoint = checkpoint_of(dissection, clips, house.home)
    return house.materialise(
        context, TARGETS, lambda: prepare(dissection, clips, house.home), dissection.target,
        dissection.activations.layers, fingerprint(dissection, checkpoint), checkpoint,
        describe=lambda table: {
            key: table[key][0]
            for key in SHOWN
            if table[key][0] is not None
        },
    )  # fmt: skip
