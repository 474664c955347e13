"""Fig 5 and 6: straight lines over blocks and intervals of means, by Student's t in SQL; against scipy and by hand."""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import pytest
import yaml
from dbt.adapters.duckdb.plugins import BasePlugin
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from scipy import stats

from dagster_and.warehouse.building import DBT_PROJECT

MACROS: Any = Environment().from_string((DBT_PROJECT / "macros" / "student_t.sql").read_text()).module
PROFILE = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text())["dagster_and"]["outputs"]["warehouse"]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the functions that dbt is given."""
    with duckdb.connect() as connection:
        for plugin in PROFILE["plugins"]:
            BasePlugin.create(plugin["module"]).configure_connection(connection)
        yield connection


def lines(connection: duckdb.DuckDBPyConnection, **points: Sequence | np.ndarray) -> list[dict[str, Any]]:
    """A line for each ``kind``, over neurons of a ``block`` and with a ``value``."""
    columns = ", ".join(f"unnest(${name}) as {name}" for name in points)
    connection.execute(f"create or replace table points as select {columns}", points)
    found = connection.sql(MACROS.straight_lines("points", ["kind"], "block", "value"))
    return found.pl().to_dicts()


def line(connection: duckdb.DuckDBPyConnection, block: Sequence, value: Sequence) -> dict[str, Any]:
    (found,) = lines(connection, kind=["it"] * len(value), block=list(block), value=list(value))
    return found


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=4, max_size=40))
def test_the_line_against_the_normal_equations(connection: duckdb.DuckDBPyConnection, points: list[tuple[int, int]]):
    found = line(connection, *zip(*points, strict=True))
    block, value = np.array(points, dtype=float).T
    if len(set(block)) < 2 or len(set(value)) < 2:
        assert found["slope"] is None
        return
    centred = block - block.mean()
    slope = centred @ value / (centred @ centred)
    residual = value - value.mean() - slope * centred
    error = np.sqrt(residual @ residual / (len(value) - 2) / (centred @ centred))
    reach = stats.t.ppf(0.975, len(value) - 2) * error
    assert found["slope"] == pytest.approx(slope, abs=1e-9)
    assert found["intercept"] == pytest.approx(value.mean() - slope * block.mean(), abs=1e-9)
    assert (found["slope_low"], found["slope_high"]) == pytest.approx((slope - reach, slope + reach), abs=1e-6)
    if error > 1e-6:
        assert found["p_value"] == pytest.approx(2 * stats.t.sf(abs(slope) / error, len(value) - 2), abs=1e-9)
        assert (found["p_value"] < 0.05) == (found["slope_low"] > 0 or found["slope_high"] < 0)


def test_every_kind_has_the_line_that_scipy_fits_to_it(connection: duckdb.DuckDBPyConnection):
    random = np.random.default_rng(0)
    kind, block = random.integers(0, 3, 3000), random.integers(0, 12, 3000)
    value = 3.4 + 0.02 * (kind - 1) * block + random.normal(size=3000)
    for found in lines(connection, kind=kind.tolist(), block=block.tolist(), value=value.tolist()):
        mine = kind == found["kind"]
        wanted: Any = stats.linregress(block[mine], value[mine])
        reach = stats.t.ppf(0.975, mine.sum() - 2) * wanted.stderr
        assert (found["neurons"], found["blocks"], found["missing_reason"]) == (mine.sum(), 12, None)
        names = ("slope", "slope_low", "slope_high", "intercept", "p_value")
        assert [found[name] for name in names] == pytest.approx(
            [wanted.slope, wanted.slope - reach, wanted.slope + reach, wanted.intercept, wanted.pvalue], rel=1e-9
        )


def test_a_line_by_hand(connection: duckdb.DuckDBPyConnection):
    """(0, 0), (0, 1), (1, 2), (1, 3): slope 2, residuals of a half each; so their variance is 4 / 4 / 2, which the
    slope's is, too; t = 2 / sqrt(0.5) with two degrees of freedom, whose 97.5 % quantile is 4.30265.
    """
    found = line(connection, [0, 0, 1, 1], [0, 1, 2, 3])
    assert (found["slope"], found["intercept"]) == pytest.approx((2, 0.5))
    assert (found["slope_low"], found["slope_high"]) == pytest.approx(
        (2 - 4.302653 * 0.5**0.5, 2 + 4.302653 * 0.5**0.5)
    )
    assert found["p_value"] == pytest.approx(1 - 2 / 5**0.5)  # P(|t| > x) = 1 - x / sqrt(2 + x^2)


def test_what_lies_on_a_line_has_no_p_value_but_zero(connection: duckdb.DuckDBPyConnection):
    found = line(connection, [0, 1, 2], [1, 3, 5])
    assert [found[n] for n in ("slope", "slope_low", "slope_high", "intercept", "p_value")] == [2, 2, 2, 1, 0]


@pytest.mark.parametrize(("block", "blocks"), [([0, 0, 0], 1), ([0, 1], 2), ([3], 1)])
def test_too_little_for_a_line_is_a_reason_and_no_number(
    connection: duckdb.DuckDBPyConnection, block: list[int], blocks: int
):
    found = line(connection, block, list(range(len(block))))
    assert (found["neurons"], found["blocks"], found["slope"], found["p_value"]) == (len(block), blocks, None, None)
    assert found["missing_reason"] == f"A line needs three neurons in two blocks; there are {len(block)} in {blocks}."


def test_neurons_without_a_value_are_not_there(connection: duckdb.DuckDBPyConnection):
    found = line(connection, [0, 0, 1, 1, 7], [0, 1, 2, 3, None])
    assert (found["neurons"], found["blocks"], found["slope"]) == (4, 2, pytest.approx(2))
    assert line(connection, [0, 1, 2], [None] * 3)["missing_reason"].endswith("there are 0 in 0.")


@pytest.mark.parametrize(("value", "words"), [(1, "1"), (0.25, "0.25")])
def test_a_constant_gives_nothing_to_test_and_no_nan(connection: duckdb.DuckDBPyConnection, value: float, words: str):
    found = line(connection, [0, 0, 1, 1], [value] * 4)
    assert (found["slope"], found["intercept"], found["p_value"]) == (None, None, None)
    assert found["missing_reason"] == f"All 4 neurons have the same value, {words}."


def test_the_interval_of_a_mean_is_students(connection: duckdb.DuckDBPyConnection):
    values = [2, 0, 0]
    query = "select avg(value) - {0}, avg(value) + {0} from (select unnest(?) as value)".format(
        MACROS.mean_reach("value")
    )
    low, high = stats.t.interval(0.95, 2, loc=2 / 3, scale=stats.sem(values))
    assert connection.execute(query, [values]).fetchall() == [(pytest.approx(low), pytest.approx(high))]
    assert connection.execute(query, [[5]]).fetchall() == [(None, None)]


def test_the_functions_are_those_of_student_and_say_nothing_of_null(connection: duckdb.DuckDBPyConnection):
    query = "select student_t_quantile(p, df), student_t_two_sided_p(t, df) from (values {}) as t (p, t, df)"
    cases = [(0.975, -2.0, 1), (0.5, 0.0, 7), (0.01, 40.0, 3), (0.975, 1.96, 100_000)]
    found = connection.sql(query.format(", ".join(map(str, cases)))).fetchall()
    assert found == [
        (pytest.approx(stats.t.ppf(p, df), abs=1e-12), pytest.approx(2 * stats.t.sf(abs(t), df))) for p, t, df in cases
    ]
    assert connection.sql(query.format("(null, null, 3), (0.9, 1, null)")).fetchall() == [(None, None)] * 2
