"""The comparison of two homes sees what differs, and nothing else."""

import polars as pl

from tests.same_tables import compare

TABLE = pl.DataFrame({"key": ["a", "b", "c"], "value": [1.0, None, 3.0], "values": [[1.0, 2.0], [], [3.0]]})


def test_the_order_of_rows_and_columns_does_not_count():
    found = compare("t", TABLE, TABLE.reverse().select("values", "value", "key"), 0.0)
    assert found.is_equal
    assert found.largest == 0


def test_rounding_is_measured_and_forgiven_up_to_the_tolerance():
    rounded = TABLE.with_columns(value=pl.col("value") * (1 + 1e-12))
    found = compare("t", TABLE, rounded, 1e-9)
    assert found.is_equal
    assert 0 < found.largest < 1e-11
    assert not compare("t", TABLE, rounded, 1e-13).is_equal


def test_a_changed_word_a_missing_value_and_a_lost_row_are_seen():
    assert compare("t", TABLE, TABLE.with_columns(key=pl.Series(["a", "b", "d"])), 1e-9).unequal == ["key"]
    assert compare("t", TABLE, TABLE.with_columns(value=pl.col("value").fill_null(0)), 1e-9).unequal == ["value"]
    longer = TABLE.with_columns(values=pl.Series([[1.0, 2.0], [], [3.0, 3.0]]))
    assert "values" in compare("t", TABLE, longer, 1e-9).unequal
    assert not compare("t", TABLE, TABLE.head(2), 1e-9).is_equal


def test_columns_that_came_or_went_are_named():
    found = compare("t", TABLE, TABLE.rename({"value": "number"}), 1e-9)
    assert (found.gone, found.new, found.is_equal) == (["value"], ["number"], True)
