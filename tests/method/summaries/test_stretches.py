"""What is heard about a moment: as long as asked for, within the sound, and shared by neurons that fire there."""

import polars as pl
import pytest

from dagster_and.lake.tables import MOMENTS, TOP_CLIPS
from dagster_and.method.summaries.stretches import most_stretches, stretches, with_sounds

LONG_S = 2.0


def heard(moments: list[tuple[float, float]], duration_s: float = 9.0, window_s: float = 5.0) -> list[tuple]:
    """What is heard about the moments of one clip, each of a neuron of its own; the last neuron is not described."""
    numbers = range(len(moments))
    rows = {"neuron_id": numbers, "direction": "highest", "rank": 1}
    tops = pl.DataFrame(rows | {"clip_id": 7, "activation": 0.0}).cast(dict(TOP_CLIPS.frame_schema))
    timed = pl.DataFrame(
        rows
        | {"moment_start_s": [start for start, _ in moments], "moment_end_s": [end for _, end in moments]}
        | {"profile": [[0.0, 1.0]] * len(moments), "profile_start_s": 0.0, "profile_end_s": 5.0}
    ).cast(dict(MOMENTS.frame_schema))
    clip = {"clip_id": [7], "duration_s": [duration_s], "window_s": [window_s]}
    clips = pl.DataFrame(clip, schema_overrides={"clip_id": pl.Int32})
    found = stretches(timed, tops, clips, set(numbers[:-1]), LONG_S)
    assert found["neuron_id"].to_list() == list(numbers[:-1])
    assert set(found["clip_id"]) <= {7}
    return found.select("heard_start_s", "heard_end_s").rows()


@pytest.mark.parametrize(
    ("moment", "stretch"),
    [
        ((2.4, 2.6), (1.5, 3.5)),  # its middle in the middle
        ((2.1, 2.3), (1.0, 3.0)),  # 1.2 on a grid of 0.5
        ((0.0, 0.16), (0.0, 2.0)),
        ((4.9, 5.0), (3.0, 5.0)),
        ((4.9999, 5.0), (3.0, 5.0)),
        ((1.0, 4.5), (2.0, 4.0)),  # longer than what is heard of it: 1.75, half way, to the even one
    ],
)
def test_a_stretch_lies_about_the_moment_within_the_clip(moment: tuple, stretch: tuple):
    (found,) = heard([moment, (0.0, 1.0)])
    assert found == pytest.approx(stretch)
    assert found[0] < moment[1]
    assert found[1] > moment[0]


def test_the_last_stretch_ends_with_the_sound():
    assert heard([(4.5, 4.7), (0, 1)], duration_s=4.7003) == [pytest.approx((2.7, 4.7003))]


@pytest.mark.parametrize("duration_s", [1.5, 2.0, 2.0004, 0.0002])
def test_a_short_sound_is_heard_whole(duration_s: float):
    assert heard([(0.0, duration_s), (0, 1)], duration_s) == [(0.0, duration_s)]


def test_neurons_that_fire_at_the_same_place_share_a_stretch():
    assert len(set(heard([(2.4, 2.6), (2.3, 2.5), (2.45, 2.75), (0, 1)]))) == 1
    assert len(set(heard([(2.4, 2.6), (3.4, 3.6), (0, 1)]))) == 2


@pytest.mark.parametrize(("window_s", "most"), [(5.0, 7), (5.2, 8), (2.1, 2), (2.501, 3)])
def test_no_more_stretches_fit_into_a_clip_than_are_reckoned_with(window_s: float, most: int):
    steps = [(step / 100, step / 100 + 0.01) for step in range(round(window_s * 100))]
    assert most_stretches(window_s, LONG_S) == most
    assert len(set(heard([*steps, (0, 1)], window_s=window_s))) == most


def test_a_stretch_gets_the_sound_of_its_clip():
    sounds = {"path": ["a", "b"], "sha256": ["0a", "0b"], "window_s": [5.0, 5.0], "duration_s": [4.0, 9.0]}
    clips = pl.DataFrame({"clip_id": [0, 1], **sounds, "label": ["rain", "dog"]})
    assert with_sounds(pl.DataFrame({"rank": [1, 2, 3], "clip_id": [1, 0, 1]}), clips).rows() == [
        (1, 1, "b", "0b", 5.0, 9.0), (2, 0, "a", "0a", 5.0, 4.0), (3, 1, "b", "0b", 5.0, 9.0),
    ]  # fmt: skip
