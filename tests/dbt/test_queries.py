"""Every query that the manual shows runs on a warehouse, and gives the columns that it prints."""

import re

import pytest

from dagster_and.foundation.home import REPOSITORY
from tests.dbt.conftest import Built

PAGES = "\n".join((REPOSITORY / page).read_text(encoding="utf-8") for page in ("README.md", "docs/queries.md"))
SHOWN = re.findall(r"```sql\n(.+?)\n```\n```text\n(.+?)\n```", PAGES, flags=re.DOTALL)


def printed_columns(output: str) -> list[str]:
    """From the line of names in DuckDB's box."""
    return [name.strip() for name in output.splitlines()[1].strip("│").split("│")]


def test_every_query_has_its_output():
    assert len(SHOWN) == PAGES.count("```sql\n") >= 8


@pytest.mark.parametrize(("query", "output"), SHOWN, ids=[query.splitlines()[0][:40] for query, _ in SHOWN])
def test_a_query_gives_what_it_prints(warehouse: Built, query: str, output: str):
    assert warehouse.frame(query).columns == printed_columns(output)


def test_queries_find_rows_where_there_are_any(warehouse: Built):
    """On the tiny dissection, whose thresholds are others; those about one neuron or concept of the demo left out."""
    general = [
        query.replace("'ast-demo'", "'tiny'").replace(" and threshold in (3, 5)", "")
        for query, _ in SHOWN
        if "1221" not in query and "siren" not in query
    ]
    assert len(general) >= 6
    assert [query for query in general if warehouse.frame(query).is_empty()] == []
