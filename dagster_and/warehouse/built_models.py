"""What dbt has built, for Dagster to show: rows, columns, and where each column comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_and.warehouse.building import KEPT
from dagster_and.warehouse.column_lineage import Schema, column_lineage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

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


def built_models(warehouse: Path, manifest: Mapping[str, Any], compiled: Path) -> dict[str, BuiltModel]:
    """All models that are in a warehouse, by dbt's unique id.

    Args:
        warehouse: the DuckDB file, which nobody may be writing.
        manifest: of the dbt project.
        compiled: dbt's folder of compiled SQL.
    """
    import duckdb

    nodes = {**manifest["sources"], **manifest["nodes"]}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        types = _types(connection, manifest)
        models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
        return {
            key: BuiltModel(
                _rows(connection, node),
                types[node["relation_name"]],
                {name: column["description"] for name, column in node["columns"].items()},
                _lineage(node, nodes, types, compiled),
            )
            for key, node in models.items()
            if node["relation_name"] in types
        }


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
    node: Mapping[str, Any], nodes: Mapping[str, Any], types: Schema, compiled: Path
) -> dict[str, list[tuple[str, str]]] | None:
    from sqlglot.errors import SqlglotError

    parents = {nodes[key]["relation_name"]: key for key in node["depends_on"]["nodes"]}
    # a model that looks across dissections reads its parents in the copy of the last warehouse, too
    kept = {relation: _in_kept(relation) for relation in parents}
    types = {**types, **{kept[relation]: types[relation] for relation in parents}}
    parents |= {kept[relation]: key for relation, key in parents.items()}
    sql = (compiled / node["package_name"] / node["original_file_path"]).read_text()
    try:
        traced = column_lineage(sql, {relation: types[relation] for relation in parents})
    except SqlglotError:
        return None
    return {column: [(parents[relation], name) for relation, name in origins] for column, origins in traced.items()}


def _in_kept(relation: str) -> str:
    return f'"{KEPT}".{relation.split(".", 1)[1]}' if relation.startswith('"') else relation
