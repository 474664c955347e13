"""Who is described, and that equal captions are asked about once."""

import polars as pl

from dagster_and.lake.tables import SUMMARIES
from dagster_and.method.summaries.caption_sets import CAPPED, UNCAPTIONED, caption_sets, neurons_to_describe, summarise

NEURONS = pl.DataFrame(
    {
        "neuron_id": range(8),
        "layer_name": ["a"] * 3 + ["b"] * 3 + ["head"] * 2,
        "class_label": [None] * 6 + ["dog", "rain"],
    }
)


def test_the_cap_spares_the_head_and_is_seeded():
    assert neurons_to_describe(NEURONS, None, "random", 0) == set(range(8))
    assert neurons_to_describe(NEURONS, 1, "first", 0) == {0, 3, 6, 7}
    drawn = neurons_to_describe(NEURONS, 2, "random", 5)
    assert drawn == neurons_to_describe(NEURONS, 2, "random", 5)
    assert len(drawn) == 6
    assert {6, 7} <= drawn


def test_equal_sets_are_asked_once_and_gaps_have_reasons():
    tops = pl.DataFrame(
        [(0, "highest", 1, 0), (0, "highest", 2, 1), (1, "highest", 1, 1), (1, "highest", 2, 0),
         (2, "highest", 1, 2), (3, "highest", 1, 0)],
        schema=["neuron_id", "direction", "rank", "clip_id"], orient="row",
    )  # fmt: skip
    captions = pl.DataFrame({"clip_id": [0, 1, 2], "caption": ["x", "a", None]})
    asked: list[tuple[str, ...]] = []

    def ask(sets):
        asked.extend(sets)
        return [("said", "id", None) for _ in sets]

    table = summarise(caption_sets(tops, captions), {0, 1, 2}, ask, "test")
    assert asked == [("a", "x")]
    assert sorted(table.columns) == sorted(SUMMARIES.frame_schema.names())
    assert table.select(SUMMARIES.key).rows() == [(neuron, "highest") for neuron in range(4)]
    assert table["answer_id"].to_list() == ["id", "id", None, None]
    assert table["summary"].to_list() == ["said", "said", None, None]
    assert table["missing_reason"].to_list() == [None, None, UNCAPTIONED, CAPPED]


def test_a_moment_stands_in_for_its_clip_and_one_without_a_caption_is_left_out():
    tops = pl.DataFrame(
        [(0, "highest", 1, 0), (0, "highest", 2, 1), (0, "lowest", 1, 0), (1, "highest", 1, 0)],
        schema=["neuron_id", "direction", "rank", "clip_id"], orient="row",
    )  # fmt: skip
    captions = pl.DataFrame({"clip_id": [0, 1], "caption": ["a street", "a park"]})
    moments = pl.DataFrame(
        [(0, "highest", 1, "a dog"), (0, "highest", 2, None)],
        schema=["neuron_id", "direction", "rank", "caption"], orient="row",
    )  # fmt: skip
    assert caption_sets(tops, captions, moments).rows() == [
        (0, "highest", ["a dog"]), (0, "lowest", ["a street"]), (1, "highest", ["a street"]),
    ]  # fmt: skip
    assert caption_sets(tops, captions, moments.clear()).equals(caption_sets(tops, captions))
