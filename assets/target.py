"""Room target: the network under dissection."""

from collections.abc import Mapping
from typing import Any

from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_asset
from dagster_and.catalogue import GPU
from dagster_and.lake.tables import PROBING_CLIPS, TARGETS
from dagster_and.method.target.worth import worth_of
from dagster_and.resources import House
from dagster_and.targets.opening import checkpoint_of, fingerprint, prepare, see_to

SHOWN = (
    "target", "checkpoint", "neurons", "held_out_accuracy", "chance_accuracy", "pretraining_accuracy",
    "pretraining_chance_accuracy",
)  # fmt: skip


@table_asset(
    TARGETS, deps=[PROBING_CLIPS], code_version="3", kinds=["torch"], pool=GPU,
    note="An embedded target is trained here, once, and saved in its family's published format.",
)  # fmt: skip
def targets(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Train the embedded target, or open the checkpoint. The precision is in the key, so in those of all that follows;
    the device is not.
    """
    dissection = house.dissection(context.partition_key)
    clips = house.lake.read(PROBING_CLIPS, dissection.name)
    checkpoint = checkpoint_of(dissection, clips, house.home)
    see_to(dissection, clips, house.home)
    return house.materialise(
        context, TARGETS, lambda: prepare(dissection, clips, house.home), dissection.target,
        dissection.activations.layers, fingerprint(dissection, checkpoint), checkpoint, *dissection.compute.in_keys,
        describe=lambda table: shown(table.row(0, named=True)),
    )  # fmt: skip


def shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata of the asset from its one row: what is known of the network, and whether it lies above chance."""
    worth = worth_of(facts)
    judged = {
        "held_out_accuracy_low": worth.low, "held_out_accuracy_high": worth.high,
        "is_near_chance": worth.is_near_chance, "worth": worth.sentence,
    }  # fmt: skip
    return {key: value for key, value in ({key: facts[key] for key in SHOWN} | judged).items() if value is not None}
