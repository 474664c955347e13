"""Fig 5 and 6: straight lines over blocks, against scipy and by hand."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dagster_and.lake.tables import NEURON_WORDS, UNINTERPRETABLE_TRENDS
from dagster_and.method.open_concepts.trends import (
    adjectives_by_block,
    adjectives_trends,
    count_adjectives,
    trend,
    uninterpretable_trends,
)

NEURONS = pl.DataFrame(
    {"neuron_id": range(7), "block_index": [0, 0, 0, 1, 1, 1, 2], "sublayer": ["output"] * 6 + ["head"]}
)
SUMMARIES = pl.DataFrame(
    {"neuron_id": [5, 5, 4], "direction": ["highest", "lowest", "lowest"], "summary": [None, "It is loud.", None]}
)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=4, max_size=40))
def test_the_line_against_the_normal_equations(points):
    block, value = np.array(points, dtype=float).T
    line = trend(block, value)
    if len(set(block)) < 2 or len(set(value)) < 2:
        assert line["slope"] is None
        return
    centred = block - block.mean()
    slope = centred @ value / (centred @ centred)
    residual = value - value.mean() - slope * centred
    error = np.sqrt(residual @ residual / (len(value) - 2) / (centred @ centred))
    reach = stats.t.ppf(0.975, len(value) - 2) * error
    assert line["slope"] == pytest.approx(slope, abs=1e-9)
    assert line["intercept"] == pytest.approx(value.mean() - slope * block.mean(), abs=1e-9)
    assert (line["slope_low"], line["slope_high"]) == pytest.approx((slope - reach, slope + reach), abs=1e-6)
    if error > 1e-6:
        assert line["p_value"] == pytest.approx(2 * stats.t.sf(abs(slope) / error, len(value) - 2), abs=1e-9)
        assert (line["p_value"] < 0.05) == (line["slope_low"] > 0 or line["slope_high"] < 0)


def test_p_is_that_of_a_pearson_correlation():
    random = np.random.default_rng(0)
    block = random.integers(0, 12, 500)
    value = 3.4 - 0.02 * block + random.normal(size=500)
    assert trend(block, value)["p_value"] == pytest.approx(stats.pearsonr(block, value).pvalue)


@pytest.mark.parametrize(("block", "blocks"), [([0, 0, 0], 1), ([0, 1], 2), ([], 0)])
def test_too_little_for_a_line_is_a_reason_and_no_number(block: list[int], blocks: int):
    line = trend(np.array(block), np.zeros(len(block)))
    assert (line["neurons"], line["blocks"], line["slope"], line["p_value"]) == (len(block), blocks, None, None)
    assert f"there are {len(block)} in {blocks}" in line["missing_reason"]


def test_a_constant_gives_nothing_to_test_and_no_nan():
    line = trend(np.array([0, 0, 1, 1]), np.ones(4))
    assert (line["slope"], line["p_value"]) == (None, None)
    assert line["missing_reason"] == "All 4 neurons have the same value, 1."


def test_uninterpretable_neurons_over_blocks_leave_out_the_head_and_the_undecided():
    verdicts = [True, True, False, False, False, None, False]
    judged = pl.DataFrame({"neuron_id": range(7), "threshold": 3, "is_interpretable": verdicts})
    table = uninterpretable_trends(NEURONS, judged)
    assert table.schema == UNINTERPRETABLE_TRENDS.frame_schema
    row = table.row(0, named=True)
    assert (row["threshold"], row["neurons"], row["blocks"]) == (3, 5, 2)
    assert row["slope"] == pytest.approx(1 - 1 / 3)
    assert row["p_value"] == pytest.approx(stats.linregress([0, 0, 0, 1, 1], [0, 0, 1, 1, 1]).pvalue)


def words(*rows: tuple) -> pl.DataFrame:
    schema = {name: NEURON_WORDS.frame_schema[name] for name in ("neuron_id", "part_of_speech", "lemma", "is_acoustic")}
    return pl.DataFrame(rows, schema, orient="row")


def counted() -> pl.DataFrame:
    of = "adjective"
    said = words(
        (0, of, "loud", True), (0, of, "sharp", True), (0, of, "wooden", False), (0, "noun", "dog", None),
        (1, of, "odd", None), (3, of, "loud", True), (5, of, "loud", True), (6, of, "quiet", True),
    )  # fmt: skip
    return count_adjectives(NEURONS, said, SUMMARIES)


def test_adjectives_per_neuron():
    """A neuron without an adjective counts as zero, one without a summary of its highest clips doesn't count."""
    counts = counted().sort("neuron_id")
    acoustic, every = (
        counts.filter(adjectives=kind).select("neuron_id", "count").rows() for kind in ("acoustic", "all")
    )
    assert acoustic == [(0, 2), (1, 0), (2, 0), (3, 1), (4, 0), (6, 1)]
    assert every == [(0, 3), (1, 1), (2, 0), (3, 1), (4, 0), (6, 1)]


def test_means_by_block_have_intervals_where_there_are_two_neurons():
    table = adjectives_by_block(counted())
    first, *_, head = table.filter(adjectives="acoustic").iter_rows(named=True)
    low, high = stats.t.interval(0.95, 2, loc=2 / 3, scale=stats.sem([2, 0, 0]))
    assert (first["mean"], first["mean_low"], first["mean_high"]) == pytest.approx((2 / 3, low, high))
    assert head == {"adjectives": "acoustic", "block_index": 2, "is_head": True, "neurons": 1, "mean": 1.0,
                    "mean_low": None, "mean_high": None}  # fmt: skip


def test_the_lines_of_adjectives_leave_out_the_head():
    acoustic, every = adjectives_trends(counted()).iter_rows(named=True)
    assert (acoustic["adjectives"], acoustic["neurons"], acoustic["blocks"]) == ("acoustic", 5, 2)
    assert acoustic["slope"] == pytest.approx(0.5 - 2 / 3)
    assert every["slope"] == pytest.approx(0.5 - 4 / 3)


def test_before_there_are_words_there_is_no_line():
    counts = count_adjectives(NEURONS.clear(), words(), SUMMARIES.clear())
    assert adjectives_by_block(counts).is_empty()
    assert adjectives_trends(counts)["missing_reason"].null_count() == 0
