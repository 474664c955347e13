"""The table ``answers``: from the store, what a dissection's tables name."""

from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import Any

import polars as pl

from dagster_and.foundation.home import Home
from dagster_and.lake.tables import ANSWERS, TABLES, Table
from dagster_and.llm.answers import COLUMNS, AnswerStore
from dagster_and.llm.ledger import Spent

KEYS = ("answer_id", "answer_ids")
NAMING: tuple[Table, ...] = tuple(t for t in TABLES if t is not ANSWERS and set(KEYS) & set(t.schema.names))
"""Tables that rest on answers: those with a column answer_id, or a list of them, answer_ids."""


def key_column(table: Table) -> str:
    """The column by which a table names answers."""
    return next(name for name in KEYS if name in table.schema.names)


def collect(home: Home, naming: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One row per answer that the frames name, and per other attempt at the same request.

    Args:
        home: holds the answers.
        naming: tables of ``NAMING``, or only their columns that name answers.
    """
    columns = [frame[name].drop_nulls() for frame in naming for name in KEYS if name in frame.columns]
    named = {
        one for column in columns for one in (column.explode() if column.dtype == pl.List else column).drop_nulls()
    }
    answers = AnswerStore(home).with_attempts(sorted(named)) if named else []
    rows = [astuple(answer) for answer in answers]
    return pl.DataFrame(rows, schema={name: ANSWERS.frame_schema[name] for name in COLUMNS}, orient="row")


def by_task(answers: pl.DataFrame) -> pl.DataFrame:
    """Answers, unusable ones, tokens and cost by task; what is unknown of tokens or cost is not counted."""
    return (
        answers.group_by("task")
        .agg(
            answers=pl.len(),
            unusable=(pl.col("status") != "usable").sum(),
            prompt_tokens=pl.col("prompt_tokens").sum(),
            completion_tokens=pl.col("completion_tokens").sum(),
            cost_usd=pl.when(pl.col("cost_usd").count() > 0).then(pl.col("cost_usd").sum()),
        )
        .sort("task")
    )


def spent_frame(asked: Any, *tasks: str) -> pl.DataFrame:
    """What a describer or captioner has spent on the tasks, all runs together; no rows if it asks no model."""
    spent = asked.spent() if hasattr(asked, "spent") else []
    lines = [vars(line) for line in spent if line.task in tasks]
    return pl.DataFrame(lines, schema=[field.name for field in fields(Spent)])
