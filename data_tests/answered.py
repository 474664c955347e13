"""The check ``answers_usable``: a model's answers that are of no use are counted aloud. It warns, and stops nothing."""

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    MetadataValue,
    PartitionsDefinition,
)

from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import ANSWERS
from dagster_and.llm.collecting import by_task
from data_tests.warning import warning_check


def answers_usable(partitions_def: PartitionsDefinition | None = None) -> AssetChecksDefinition:
    """A warning where a request has no usable answer after all its attempts; in metadata every unusable answer.

    Args:
        partitions_def: the asset's own; without a partition all dissections are counted together.
    """
    return warning_check(
        ANSWERS, "answers_usable",
        "Every request that a model was asked has a usable answer. What has none is missing, with its "
        "reason, in the table that asked.",
        lambda frames: counted(pl.concat([pl.DataFrame(schema=ANSWERS.frame_schema), *frames])), partitions_def,
    )  # fmt: skip


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
