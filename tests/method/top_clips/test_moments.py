"""When a neuron fires, in seconds of its clip: worked by hand, step by step."""

import numpy as np
import polars as pl
import pytest

from dagster_and.lake.tables import MOMENTS
from dagster_and.method.activations.moments import BINS, TOP
from dagster_and.method.top_clips.moments import moments_in_seconds

STEPS = (0.0, 0.5, 1.0)
"""Steps of a second, one each half a second, from the beginning: start, step and span."""


def moment(
    profile: list[int], steps: int, peak: int = 99, timing: tuple[float, float, float] = STEPS,
    seconds: tuple[float, float] = (9.0, 9.0), direction: str = "highest",
) -> list[float]:  # fmt: skip
    """Moment and profile of one pair, from where to where; ``seconds``: of the sound and of the window."""
    pair = {"neuron_id": 3, "direction": direction, "rank": 2, "duration_s": seconds[0], "window_s": seconds[1]}
    shown = np.array([profile], np.uint8)
    found = moments_in_seconds(pl.DataFrame([pair]), np.array([peak]), shown, np.array([[*timing, steps]]))
    assert found.schema == MOMENTS.frame_schema
    assert found.select(MOMENTS.key).rows() == [(3, direction, 2)]
    return [*found.select("moment_start_s", "moment_end_s", "profile_start_s", "profile_end_s").row(0)]


def test_the_moment_is_the_first_step_that_is_largest_or_of_the_lowest_clips_smallest():
    assert moment([9, TOP, TOP, 0, 0], 5) == [0.5, 1.5, 0, 3]
    assert moment([9, TOP, TOP, 0, 0], 5, direction="lowest") == [1.5, 2.5, 0, 3]
    assert moment([9, TOP, 5, 0, 0], 3, direction="lowest") == [1.0, 2.0, 0, 2]  # beyond the sound nothing counts


def test_where_a_bin_holds_several_steps_the_peak_says_which():
    assert moment([0] * (BINS - 1) + [TOP], BINS) == [7.5, 8.5, 0, 8.5]
    assert moment([0] * (BINS - 1) + [TOP], BINS + 1, peak=4) == [2, 3, 0, 9]


def test_of_what_a_step_hears_only_the_sound_counts():
    assert moment([TOP, 0], 2, timing=(-0.25, 0.5, 1.0)) == [0, 0.75, 0, 1.25]
    assert moment([0, TOP], 2, seconds=(1.2, 9.0)) == [0.5, 1.2, 0, 1.2]
    assert moment([0, TOP], 2, seconds=(9.0, 1.3)) == [0.5, 1.3, 0, 1.3]
    assert moment([TOP, 0], 2, timing=(0.25, 0.5, 0.5)) == [0.25, 0.75, 0.25, 1.25]


def test_a_step_that_begins_where_the_sound_ends_is_the_span_before_it():
    assert moment([0, 0, TOP], 3, timing=(0, 0.5, 0.25), seconds=(1.0, 9.0)) == [0.75, 1, 0, 1]
    assert moment([0, TOP], 2, timing=(0, 0.5, 1.0), seconds=(0.5, 9.0)) == [0, 0.5, 0, 0.5]


def test_a_profile_has_a_bin_for_each_step_up_to_its_most_and_a_pair_without_time_has_no_row():
    pairs = pl.DataFrame(
        {"neuron_id": [0, 1, 2], "direction": "highest", "rank": 1, "duration_s": 9.0, "window_s": 9.0}
    )
    profile = np.tile(np.arange(BINS, dtype=np.uint8) * 17, (3, 1))
    found = moments_in_seconds(pairs, np.array([0, 0, 30]), profile, np.array([(0, 0.1, 0.1, n) for n in (3, 0, 40)]))
    assert found["neuron_id"].to_list() == [0, 2]
    shares = [step / (BINS - 1) for step in range(BINS)]
    assert found["profile"].to_list() == [pytest.approx(shares[:3]), pytest.approx(shares)]
    assert found["moment_start_s"].to_list() == pytest.approx([0.2, 3.0])
