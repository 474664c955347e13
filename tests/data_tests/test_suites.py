"""Every suite passes a clean table, and every expectation is proved on a dirty one that fails it and nothing else.

``dirt/<table>.yml`` lists the dirt: SQL on the table (called ``this``), the expectations that must fail, and the keys
of the rows that each must name (a number: so many; ``all``; null: it speaks of the whole table).
"""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from dagster_and.lake.store import Lake
from dagster_and.lake.tables import REJECTED_CLIPS, TABLES, TARGETS, Table
from data_tests.suite import SUITES, contract, read_file, read_suite
from data_tests.validation import Failure, validate

DISSECTION = "tiny"
DIRT = Path(__file__).parent / "dirt"
CASES = [(table, case) for table in TABLES for case in yaml.safe_load((DIRT / f"{table.name}.yml").read_text())]
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def keys(table: Table, failure: Failure) -> list[list]:
    return [[row[name] for name in table.key] for row in failure.bad_rows]


@each_table
def test_a_clean_table_passes(table: Table, clean_lake: Lake):
    result = validate(table, clean_lake, DISSECTION)
    assert result.success, [failure.sentence for failure in result.failures]
    assert result.rows == clean_lake.read(table, DISSECTION).height
    assert result.expectations == 1 + len(read_suite(table).expectations)


@pytest.mark.parametrize(("table", "case"), CASES, ids=[f"{t.name}-{next(iter(c['fails']))}" for t, c in CASES])
def test_dirt_fails_exactly_its_expectation(table: Table, case: dict, soil):
    suite = read_suite(table)
    own = {expectation.name for expectation in read_file(table).expectations}
    # the contract's expectations, 14 ms each, have their own proof below
    suite = replace(suite, expectations=tuple(e for e in suite.expectations if e.name in own))
    result = validate(table, soil(table, case["dirty"]), DISSECTION, suite)
    failures = {failure.expectation.name: failure for failure in result.failures}
    assert failures.keys() == case["fails"].keys()
    for name, failure in failures.items():
        names_bad_rows(table, failure, case["fails"][name], result.rows)


def names_bad_rows(table: Table, failure: Failure, expected: list | int | str | None, height: int):
    match expected:
        case None:
            assert failure.unexpected_rows is None
            assert failure.bad_rows == ()
        case list(rows):
            assert failure.unexpected_rows == len(rows)
            assert keys(table, failure) == rows
        case rows:
            assert failure.unexpected_rows == (height if rows == "all" else rows)
            assert len(failure.bad_rows) == min(10, failure.unexpected_rows)


@each_table
def test_no_expectation_is_left_unproved(table: Table):
    in_yaml = {expectation.name for expectation in read_file(table).expectations}
    assert in_yaml == {name for t, case in CASES if t is table for name in case["fails"]}


@each_table
def test_the_contract_is_proved_column_by_column(table: Table, soil):
    """Three more rows: nothing but nulls, nothing but NaN and blanks, and one that is there already."""
    types = {field.name: str(field.type) for field in table.schema}
    nulls = ", ".join("null" for _ in types)
    spoilt = {"double": "'nan'::double", "string": "' '"}
    values = ", ".join(f"{spoilt.get(kind, name)} as {name}" for name, kind in types.items())
    first = f"from this where {table.key[0]} is not null limit 1"
    lake = soil(
        table,
        f"insert into this select {nulls}; insert into this select * {first}; insert into this select {values} {first}",
    )
    failures = {failure.expectation.name: failure for failure in validate(table, lake, DISSECTION).failures}
    for expectation in contract(table):
        failure = failures[expectation.name]
        spoilt_cells = [tuple(row[name] for name in expectation.columns) for row in failure.bad_rows]
        if "not_be_null" in expectation.type:
            assert spoilt_cells == [(None,)]
            assert keys(table, failure) == [[None] * len(table.key)]
        elif "unique" in expectation.type:
            assert len(spoilt_cells) > len(set(spoilt_cells))
        else:
            assert spoilt_cells in ([("not finite",)], [(" ",)])


@pytest.mark.parametrize(
    ("table", "change"),
    [*((table, "drop") for table in TABLES), (TARGETS, "swap"), (TARGETS, "add")],
    ids=lambda value: getattr(value, "name", value),
)
def test_other_columns_are_the_one_failure(table: Table, change: str, soil):
    last = table.columns[-1].name
    sql = {
        "drop": f"alter table this drop column {last}",
        "swap": f"create or replace table this as select {last}, * exclude ({last}) from this",
        "add": "alter table this add column one_too_many int",
    }[change]
    (failure,) = validate(table, soil(table, sql), DISSECTION).failures
    assert failure.expectation.type == "expect_table_columns_to_match_ordered_list"
    assert (last if change != "add" else "one_too_many") in failure.observed


def test_no_rejected_clip_is_the_best_of_cases(soil):
    assert validate(REJECTED_CLIPS, soil(REJECTED_CLIPS, "delete from this"), DISSECTION).success


def test_every_suite_belongs_to_a_table():
    assert {path.stem for path in SUITES.glob("*.yml")} == {table.name for table in TABLES}
