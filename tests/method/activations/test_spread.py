"""Which neurons are dead."""

import polars as pl

from dagster_and.method.activations.spread import is_dead


def test_a_neuron_is_dead_if_its_activations_differ_by_rounding_alone():
    ends = [(1.0, 1.0), (0.0, 0.0), (1.0, 1.000009), (1.0, 1.00002), (-1000.0, -999.991), (-1000.0, -999.98),
            (-1.0, 1.0), (0.0, 1e-9), (99_999.0, 100_000.0)]  # fmt: skip
    frame = pl.DataFrame(ends, schema=["low", "high"], orient="row")
    found = frame.select(is_dead(pl.col("low"), pl.col("high"))).to_series().to_list()
    assert found == [True, True, True, False, True, False, False, False, True]
