"""The check ``answers_usable``: a model's answers that are of no use are counted aloud. It warns, and stops nothing."""

import warnings

import polars as pl
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    MetadataValue,
    PartitionsDefinition,
    PreviewWarning,
    asset_check,
)

from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import ANSWERS
from dagster_and.llm.collecting import by_task
from dagster_and.resources import House


def answers_usable(partitions_def: PartitionsDefinition | None = None) -> AssetChecksDefinition:
    """A warning where a request has no usable answer after all its attempts; in metadata every unusable answer.

    Args:
        partitions_def: the asset's own; without a partition all dissections are counted together.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)  # as for the suites, see checks.py

        @asset_check(
            asset=AssetKey([ANSWERS.name]),
            name="answers_usable",
            description="Every request that a model was asked has a usable answer. What has none is missing, with its "
            "reason, in the table that asked.",
            partitions_def=partitions_def,
        )
        def check(context: AssetCheckExecutionContext, house: House) -> AssetCheckResult:
            names = [context.partition_key] if context.has_partition_key else house.lake.dissections()
            present = [name for name in names if house.lake.path(ANSWERS, name).exists()]
            frames = [house.lake.read(ANSWERS, name) for name in present]
            return counted(pl.concat([pl.DataFrame(schema=ANSWERS.frame_schema), *frames]))

    return check


def counted(answers: pl.DataFrame) -> AssetCheckResult:
    """The verdict on rows of the table ``answers``."""
    requests = answers.group_by("request_id").agg(is_answered=(pl.col("status") == "usable").any())
    unanswered = requests.filter(~pl.col("is_answered"))
    unusable = answers.filter(pl.col("status") != "usable")
    said = ", ".join(f"{n} {status}" for status, n in unusable["status"].value_counts().sort("status").iter_rows())
    return AssetCheckResult(
        passed=unanswered.is_empty(),
        severity=AssetCheckSeverity.WARN,
        description=f"{unanswered.height} of {requests.height} requests have no usable answer; of {answers.height} "
        f"answers {unusable.height} are unusable{f' ({said})' if said else ''}.",
        metadata={
            "requests": requests.height,
            "requests without a usable answer": unanswered.height,
            "unusable answers": unusable.height,
            "by task": MetadataValue.md(markdown(by_task(answers))),
        },
    )
