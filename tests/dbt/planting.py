"""A fault in the place of a model of a built warehouse, and what dbt's checks find of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

ANY_ROW = """
from (
    with first as (from this limit 1),
    any_row as (from first union all by name select {made_up} where not exists (from first))
    {query}
)
"""
"""``any_row`` is the first of ``this``, or one that is made up where there is none."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a model, in words, and the query over its rows (``this``) that makes it so.

    ``finds`` are the rows that a check finds of it; None where it is enough that there are some.
    """

    model: str
    said: str
    query: str
    finds: int | None = None


@dataclass(frozen=True)
class Check:
    """A data test as dbt ran it: its kind (None: SQL of its own), the model it is of, its arguments, what it reads."""

    name: str
    kind: str | None
    model: str
    arguments: dict[str, Any]
    reads: tuple[str, ...]
    sql: str


class Planted:
    """A warehouse in which faults are planted one by one, and taken out again; ``dbt`` is where dbt left its words."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, dbt: Path):
        self.connection = connection
        nodes = json.loads((dbt / "manifest.json").read_text())["nodes"].values()
        results = json.loads((dbt / "run_results.json").read_text())["results"]
        sql = {result["unique_id"]: result.get("compiled_code") for result in results}
        self.models = {node["name"]: node for node in nodes if node["resource_type"] == "model"}
        self.checks = [_check(node, sql[node["unique_id"]]) for node in nodes if node["resource_type"] == "test"]

    def found(self, check: Check) -> int:
        """Rows that a check finds fault with."""
        return self.connection.sql(f"select count(*) from ({check.sql}\n)").fetchall()[0][0]

    def types(self, model: str) -> dict[str, str]:
        """Columns of a model, and DuckDB's names of their types."""
        return {row[0]: row[1] for row in self.connection.sql(f"describe {self._relation(model)}").fetchall()}

    def with_any_row(self, model: str, query: str) -> str:
        """A query that may speak of ``any_row``."""
        made_up = ", ".join(f'{_made_up(kind)}::{kind} as "{name}"' for name, kind in self.types(model).items())
        return ANY_ROW.format(made_up=made_up, query=query)

    def more_rows(self, model: str, bad: list[dict[str, str]]) -> Fault:
        """A row more for each of these: a good one, but for SQL in place of some values."""
        types, query = self.types(model), "from this"
        for values in bad:
            replaced = ", ".join(f'({value})::{types[name]} as "{name}"' for name, value in values.items())
            query += f" union all by name select * replace ({replaced}) from any_row"
        said = "; ".join(", ".join(f"{name} {value}" for name, value in values.items()) for values in bad)
        return Fault(model, f"rows with {said}", self.with_any_row(model, query), finds=len(bad))

    @contextmanager
    def planted(self, fault: Fault) -> Iterator[None]:
        """The fault in the place of the model; nothing that is made from the model is made anew."""
        relation = self._relation(fault.model)
        kind = "view" if self.models[fault.model]["config"]["materialized"] == "view" else "table"
        self.connection.execute("begin")
        try:
            self.connection.execute(f"create temp table planted as with this as (from {relation}) {fault.query}")
            self.connection.execute(f"drop {kind} {relation}")
            self.connection.execute(f"create table {relation} as from planted")
            yield
        finally:
            self.connection.execute("rollback")

    def promised_columns(self) -> list[tuple[str, str]]:
        """Models and those of their columns that a contract says are never null."""
        return [
            (model, column)
            for model, node in self.models.items()
            for column, facts in node["columns"].items()
            if any(constraint["type"] == "not_null" for constraint in facts["constraints"])
        ]

    def refuses_null(self, model: str, column: str) -> bool:
        """Whether the warehouse itself refuses a row that is good but for a null there."""
        query = self.with_any_row(model, f'select * replace (null as "{column}") from any_row')
        relation = self._relation(model)
        self.connection.execute("begin")
        try:
            self.connection.execute(f"insert into {relation} by name with this as (from {relation}) {query}")
        except duckdb.ConstraintException as error:
            return f".{column}" in str(error)
        finally:
            self.connection.execute("rollback")
        return False

    def _relation(self, model: str) -> str:
        return f'"{self.models[model]["schema"]}"."{self.models[model]["alias"]}"'


def _check(node: dict[str, Any], sql: str) -> Check:
    facts = node.get("test_metadata") or {"name": None, "kwargs": {}}
    model = (node.get("attached_node") or "").rsplit(".", 1)[-1]
    reads = tuple(name.rsplit(".", 1)[1] for name in node["depends_on"]["nodes"])
    return Check(node["name"], facts["name"], model, facts["kwargs"], reads, sql)


def _made_up(kind: str) -> str:
    return {"VARCHAR": "'made up'", "BOOLEAN": "false"}.get(kind, "[]" if kind.endswith("[]") else "0")
