"""Column lineage of small queries, traced by hand."""

import pytest
from sqlglot.errors import SqlglotError

from dagster_and.column_lineage import column_lineage

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
    source = "read_parquet('/lake/neurons/*/part-*.parquet', union_by_name=true)"
    found = column_lineage(f"select n.neuron_id as id from {source} as n", {source: {"neuron_id": "INTEGER"}})
    assert found == {"id": [(source, "neuron_id")]}


def test_a_column_of_nowhere_is_an_error():
    with pytest.raises(SqlglotError):
        column_lineage(f"select missing from {NEURONS}", PARENTS)
