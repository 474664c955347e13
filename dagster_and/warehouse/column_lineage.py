"""Which columns of its parents each column of a dbt model comes from.

dagster-dbt asks the same of sqlglot, but parses and qualifies a model's SQL anew for each of its columns, which took
longer than dbt itself; here it is once a model, and one walk for all columns.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Mapping[str, str]]
"""Column types by column name, by relation as dbt writes it (quoted)."""


def column_lineage(sql: str, parents: Schema) -> dict[str, list[tuple[str, str]]]:
    """Relation and column behind each column that ``sql`` (DuckDB's dialect) selects; none for a constant.

    Relations are named as in ``parents``; both lists and columns are in a fixed order.

    Raises:
        sqlglot.errors.SqlglotError: sqlglot can't follow the query.
    """
    from sqlglot import MappingSchema, exp, parse_one
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    schema = MappingSchema(dialect="duckdb")
    relations = {}
    for relation, columns in parents.items():
        table = exp.to_table(relation, dialect="duckdb")
        relations[_full_name(table)] = relation
        schema.add_table(table, dict(columns), dialect="duckdb")
    query = qualify(parse_one(sql, dialect="duckdb"), dialect="duckdb", schema=schema)
    nodes = lineage(None, query, schema=schema, dialect="duckdb", scope=build_scope(query))
    found: dict[str, list[tuple[str, str]]] = {}
    for column, node in nodes.items():
        origins = set()
        for leaf in _leaves(node):
            table = leaf.expression.find(exp.Table)
            relation = relations.get(_full_name(table)) if table else None
            if relation:
                origins.add((relation, exp.to_column(leaf.name).name.lower()))
        found[column.lower()] = sorted(origins)
    return found


def _leaves(node: Any) -> list[Any]:
    """Each end of the graph below a node once: columns are shared, so that paths are far more than nodes."""
    seen: dict[int, Any] = {}
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) not in seen:
            seen[id(current)] = current
            waiting.extend(current.downstream)
    return [found for found in seen.values() if not found.downstream]


def _full_name(table: Any) -> tuple[str, ...]:
    return tuple(part.name.lower() for part in table.parts)
