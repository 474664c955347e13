"""What Dagster shows of a table beside its contract: whose it is, where it belongs, what its rows are like."""

import os
from urllib.parse import quote

import polars as pl
from dagster import MetadataValue
from dagster._core.definitions.utils import is_valid_owner

from dagster_and.exports.markdown import markdown_rows
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.rooms import ROOMS
from dagster_and.lake.tables import Table

GPU, LLM, WAREHOUSE = "gpu", "llm", "warehouse"
"""Pools of steps: those that run a network, that ask a language model, that write the warehouse. How many of each run
at once is Dagster's setting (deploy/dagster.yaml); without one there is no limit.
"""
DEFAULT_OWNER = "team:audit"
EXPLORER = "http://127.0.0.1:8321"
"""Where `dissect explore` serves by default."""
ROWS_SHOWN = 5
LONGEST_CELL = 60


def owners() -> tuple[str, ...]:
    """Who looks after the assets: ``AND_OWNERS``, e-mail addresses and ``team:`` names parted by commas.

    Raises:
        UserError: one of them is neither.
    """
    named = [one.strip() for one in os.environ.get("AND_OWNERS", "").split(",") if one.strip()]
    for one in named:
        if not is_valid_owner(one):
            raise UserError(
                f"AND_OWNERS names {one!a}, which is neither an e-mail address nor a team: write one like "
                f"ada@example.org or {DEFAULT_OWNER}, several with commas between them."
            )
    return tuple(named) or (DEFAULT_OWNER,)


OWNERS = owners()


def tags(room: str) -> dict[str, str]:
    """Tags of an asset, to filter the graph by: its room, and which part of the house makes it."""
    part = "lake" if ROOMS.index(room) < ROOMS.index("staging") else "figures" if room == "figures" else "warehouse"
    return {"and/room": room, "and/part": part}


def glimpse(rows: pl.DataFrame) -> MetadataValue:
    """Some rows of a table, in which long texts are cut off."""
    return MetadataValue.md(markdown_rows(rows.columns, (map(_cut, row) for row in rows.iter_rows())))


def shown_columns(table: Table) -> list[str]:
    """Columns of a table that :func:`glimpse` shows: not lists, which hold a number for every clip."""
    return [name for name, kind in table.frame_schema.items() if not isinstance(kind, pl.List)]


def explorer_link(table: Table, dissection: str) -> MetadataValue | None:
    """Where the explorer shows the neurons that a table is about, or None where it is about none.

    ``AND_EXPLORER`` says where it is served.
    """
    if "neuron_id" not in table.frame_schema:
        return None
    served = os.environ.get("AND_EXPLORER", "").rstrip("/") or EXPLORER
    return MetadataValue.url(f"{served}/d/{quote(dissection, safe='')}/neurons")


def _cut(value: object) -> object:
    if not isinstance(value, str):
        return value
    flat = " ".join(value.split())
    return flat if len(flat) <= LONGEST_CELL else f"{flat[:LONGEST_CELL]}..."
