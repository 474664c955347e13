"""What dbt has built, for Dagster to show: rows, columns, and where each column comes from."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_and.foundation.files import replacing
from dagster_and.foundation.keys import digest
from dagster_and.warehouse.building import KEPT
from dagster_and.warehouse.column_lineage import Schema, column_lineage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CODE = Path(__file__).with_name("column_lineage.py").read_text(encoding="utf-8")
"""How lineages are traced: others may be remembered of another way."""
COLUMNS = """
    select schema_name, table_name, column_name, data_type
    from duckdb_columns() where not internal order by column_index
"""


@dataclass(frozen=True)
class BuiltModel:
    """One model: its rows (None of a view), types by column, and unique id and column behind each column.

    ``lineage`` is None where sqlglot can't follow the query.
    """

    rows: int | None
    types: Mapping[str, str]
    descriptions: Mapping[str, str]
    lineage: Mapping[str, list[tuple[str, str]]] | None


def built_models(
    warehouse: Path, manifest: Mapping[str, Any], compiled: Path, remembered: Path,
    let_read: "Callable[[DuckDBPyConnection], None]",
) -> dict[str, BuiltModel]:  # fmt: skip
    """All models that are in a warehouse, by dbt's unique id.

    Args:
        warehouse: the DuckDB file, which nobody may be writing.
        manifest: of the dbt project.
        compiled: dbt's folder of compiled SQL.
        remembered: JSON file of lineages by their key, made anew; safe to delete. To trace them takes as long as to
            build a small warehouse, and most models are as they were.
        let_read: has a connection read the lake.
    """
    import duckdb

    nodes = {**manifest["sources"], **manifest["nodes"]}
    lineages = _Lineages(remembered)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        let_read(connection)
        types = _types(connection, manifest)
        models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
        built = {
            key: BuiltModel(
                _rows(connection, node),
                types[node["relation_name"]],
                {name: column["description"] for name, column in node["columns"].items()},
                _lineage(node, nodes, types, compiled, lineages),
            )
            for key, node in models.items()
            if node["relation_name"] in types
        }
    lineages.remember()
    return built


def _types(connection: "DuckDBPyConnection", manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Column types of models and sources, by relation."""
    found: dict[str, dict[str, str]] = {}
    database = connection.sql("select current_database()").fetchall()[0][0]
    for schema, table, column, kind in connection.sql(COLUMNS).fetchall():
        found.setdefault(f'"{database}"."{schema}"."{table}"', {})[column] = kind
    for source in manifest["sources"].values():
        relation = source["relation_name"]
        found[relation] = {row[0]: row[1] for row in connection.sql(f"describe select * from {relation}").fetchall()}
    return found


def _rows(connection: "DuckDBPyConnection", node: Mapping[str, Any]) -> int | None:
    if node["config"]["materialized"] == "view":  # to count it is to run it
        return None
    return connection.sql(f"select count(*) from {node['relation_name']}").fetchall()[0][0]


def _lineage(
    node: Mapping[str, Any], nodes: Mapping[str, Any], types: Schema, compiled: Path, lineages: "_Lineages"
) -> dict[str, list[tuple[str, str]]] | None:
    parents = {nodes[key]["relation_name"]: key for key in node["depends_on"]["nodes"]}
    # a model that looks across dissections reads its parents in the copy of the last warehouse, too
    kept = {relation: _in_kept(relation) for relation in parents}
    types = {**types, **{kept[relation]: types[relation] for relation in parents}}
    parents |= {kept[relation]: key for relation, key in parents.items()}
    sql = (compiled / node["package_name"] / node["original_file_path"]).read_text()
    traced = lineages.of(sql, {relation: types[relation] for relation in parents})
    if traced is None:
        return None
    return {
        column: list(dict.fromkeys((parents[relation], name) for relation, name in origins))
        for column, origins in traced.items()
    }


class _Lineages:
    """Lineages by a key of the query and of its parents' columns: those of the last build, and those traced now."""

    def __init__(self, path: Path):
        self._path = path
        try:
            self._known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}
        self._used: dict[str, Any] = {}

    def of(self, sql: str, parents: Schema) -> dict[str, list[tuple[str, str]]] | None:
        """As :func:`column_lineage`; None where sqlglot can't follow."""
        key = digest(sql, parents, CODE, metadata.version("sqlglot"))
        self._used[key] = self._known[key] if key in self._known else _traced(sql, parents)
        return self._used[key]

    def remember(self) -> None:
        """Keep what was used, in place of the last build's."""
        with replacing(self._path) as temporary:
            temporary.write_text(json.dumps(self._used), encoding="utf-8")


def _traced(sql: str, parents: Schema) -> dict[str, list[tuple[str, str]]] | None:
    from sqlglot.errors import SqlglotError

    try:
        return column_lineage(sql, parents)
    except SqlglotError:
        return None


def _in_kept(relation: str) -> str:
    return f'"{KEPT}".{relation.split(".", 1)[1]}' if relation.startswith('"') else relation
