"""The benchmark of engines: what it says of steps."""

from benchmarks.engine import STEPS, rows_of
from dagster_and.lake.tables import TABLES


def test_what_a_second_worker_gains_is_told_step_by_step():
    took = {name: dict.fromkeys(STEPS, seconds) for name, seconds in (("local", 5.0), ("one", 10.0), ("two", 4.0))}
    lines = rows_of(took).splitlines()
    assert lines[0] == "| step | s, local | s, one | s, two | one / two |"
    assert "| labelling | 5.0 | 10.0 | 4.0 | 2.50 |" in lines
    assert len(lines) == 2 + len(STEPS) + 1


def test_every_table_that_is_forgotten_is_one_of_the_lake():
    assert {name for names in STEPS.values() for name in names} <= {table.name for table in TABLES}
