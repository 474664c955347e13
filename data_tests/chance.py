"""The check ``target_above_chance``: a network near chance is said to be one. It warns, and stops nothing."""

from collections.abc import Sequence

from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    PartitionsDefinition,
)

from dagster_and.lake.tables import TARGETS
from dagster_and.method.target.worth import Worth, worth_of
from data_tests.warning import warning_check


def target_above_chance(partitions_def: PartitionsDefinition | None = None) -> AssetChecksDefinition:
    """A warning where the interval of the held-out accuracy does not lie above chance.

    Args:
        partitions_def: the asset's own; without a partition every dissection is judged.
    """
    return warning_check(
        TARGETS, "target_above_chance",
        "The target's accuracy on the held-out fold lies above chance, with its whole 95 % interval. "
        "One that can't be judged passes, and it is said why.",
        lambda frames: told([worth_of(frame.row(0, named=True)) for frame in frames]), partitions_def,
    )  # fmt: skip


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
