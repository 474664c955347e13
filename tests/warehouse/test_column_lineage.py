"""Column lineage of small queries, traced by hand."""

import re

import pytest
from sqlglot.errors import SqlglotError

from dagster_and.lake.tables import ANSWERS, NEURON_WORDS, TOP_CLIPS, Table
from dagster_and.lake.tables import NEURONS as TABLE_OF_NEURONS
from dagster_and.llm.collecting import NAMING, key_column
from dagster_and.warehouse.building import DBT_PROJECT
from dagster_and.warehouse.column_lineage import column_lineage

NEURONS, WORDS = '"w"."main"."neurons"', '"w"."staging"."words"'
PARENTS = {
    NEURONS: {"neuron_id": "INTEGER", "block_index": "INTEGER"},
    WORDS: {"neuron_id": "INTEGER", "lemma": "VARCHAR", "cosine": "DOUBLE"},
}


def test_columns_are_traced_through_common_tables_and_stars():
    sql = f"""
        with words as (select * from {WORDS}),
        counted as (select neuron_id, count(lemma) as lemmas, avg(cosine) as mean from words group by neuron_id)
        select n.*, c.lemmas, n.block_index + c.mean as mixed, 'x' as fixed
        from {NEURONS} as n left join counted as c on n.neuron_id = c.neuron_id
    """
    assert column_lineage(sql, PARENTS) == {
        "neuron_id": [(NEURONS, "neuron_id")],
        "block_index": [(NEURONS, "block_index")],
        "lemmas": [(WORDS, "lemma")],
        "mixed": [(NEURONS, "block_index"), (WORDS, "cosine")],
        "fixed": [],
    }


def test_both_sides_of_a_union_count():
    sql = f"select neuron_id as id from {NEURONS} union all select neuron_id from {WORDS}"
    assert column_lineage(sql, PARENTS) == {"id": [(NEURONS, "neuron_id"), (WORDS, "neuron_id")]}


def test_a_source_is_a_function_of_files():
    source = (
        "read_parquet(['/lake/neurons/a/part-*.parquet', '/lake/neurons/*/part-*.parquet'], hive_partitioning=true)"
    )
    found = column_lineage(f"select n.neuron_id as id from {source} as n", {source: {"neuron_id": "INTEGER"}})
    assert found == {"id": [(source, "neuron_id")]}


def test_a_column_of_nowhere_is_an_error():
    with pytest.raises(SqlglotError):
        column_lineage(f"select missing from {NEURONS}", PARENTS)


def test_a_neurons_answers_are_traced_to_every_table_that_names_one():
    model = (DBT_PROJECT / "models" / "marts" / "fct_neuron_answers.sql").read_text()
    sql = re.sub(r"\{\{ ref\('stg_dissection__(\w+)'\) \}\}", r'"w"."staging"."\1"', model)
    tables = (ANSWERS, NEURON_WORDS, TABLE_OF_NEURONS, TOP_CLIPS, *NAMING)
    parents = {f'"w"."staging"."{table.name}"': _column_types(table) for table in tables}
    found = column_lineage(sql, parents)
    naming = sorted(NAMING, key=lambda table: table.name)
    assert found["answer_id"] == [(f'"w"."staging"."{table.name}"', key_column(table)) for table in naming]
    assert found["task"] == [('"w"."staging"."answers"', "task")]


def _column_types(table: Table) -> dict[str, str]:
    return dict.fromkeys(["dissection", *table.schema.names], "VARCHAR")
