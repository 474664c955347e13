"""The check ``target_above_chance``: a network near chance is said to be one. It warns, and stops nothing."""

import warnings
from collections.abc import Sequence

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    PartitionsDefinition,
    PreviewWarning,
    asset_check,
)

from dagster_and.lake.tables import TARGETS
from dagster_and.method.target.worth import Worth, worth_of
from dagster_and.resources import House


def target_above_chance(partitions_def: PartitionsDefinition | None = None) -> AssetChecksDefinition:
    """A warning where the interval of the held-out accuracy does not lie above chance.

    Args:
        partitions_def: the asset's own; without a partition every dissection is judged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)  # as for the suites, see checks.py

        @asset_check(
            asset=AssetKey([TARGETS.name]),
            name="target_above_chance",
            description="The target's accuracy on the held-out fold lies above chance, with its whole 95 % interval. "
            "One that can't be judged passes, and it is said why.",
            partitions_def=partitions_def,
        )
        def check(context: AssetCheckExecutionContext, house: House) -> AssetCheckResult:
            names = [context.partition_key] if context.has_partition_key else house.lake.dissections()
            present = [name for name in names if house.lake.path(TARGETS, name).exists()]
            rows = [house.lake.read(TARGETS, name).row(0, named=True) for name in present]
            return told([worth_of(row) for row in rows])

    return check


def told(worths: Sequence[Worth]) -> AssetCheckResult:
    """The verdict on networks, one per dissection."""
    return AssetCheckResult(
        passed=not any(worth.is_near_chance for worth in worths),
        severity=AssetCheckSeverity.WARN,
        description=" ".join(worth.sentence for worth in worths) or "No dissection has a target yet.",
        metadata={
            "networks": len(worths),
            "near chance": sum(worth.is_near_chance is True for worth in worths),
            "not judged": sum(worth.is_near_chance is None for worth in worths),
        },
    )
