"""Answers to concepts: known, snapped, repeated, missing."""

import numpy as np
import polars as pl

from dagster_and.method.closed_concepts.choices import NO_CONCEPT, NO_SUMMARY, choose_concepts, class_cosines, snap
from dagster_and.method.closed_concepts.tables import CONCEPT_CHOICES, CONCEPT_SIMILARITIES
from dagster_and.method.text.names import audio_about

CONCEPTS = ["clock tick", "dog bark", "rain"]


def encode(texts) -> np.ndarray:
    """Puppies lie near dogs, and everything else near rain."""
    rows = [(1, 0, 0) if "clock" in t else (0, 1, 0) if "dog" in t or "puppy" in t else (0, 0, 1) for t in texts]
    return np.array(rows, dtype=np.float32)


def test_answers_outside_the_set_snap_and_repeats_go():
    (chosen,) = snap([("Clock-Tick", "a puppy", "dog bark", " ", "drizzle")], CONCEPTS, encode)
    assert [(c.concept_id, c.answered, c.is_snapped) for c in chosen] == [
        (0, "Clock-Tick", False), (1, "a puppy", True), (2, "drizzle", True),
    ]  # fmt: skip


def test_at_most_k_in_their_order():
    (chosen,) = snap([("rain", "dog bark", "clock tick")], CONCEPTS, encode, k=2)
    assert [c.concept_id for c in chosen] == [2, 1]


def test_a_neuron_without_answer_says_why():
    summaries = pl.DataFrame(
        {"neuron_id": [0, 1, 2, 0], "direction": ["highest"] * 3 + ["lowest"], "summary": ["s", None, "t", "u"],
         "missing_reason": [None, "capped", None, None]},
    )  # fmt: skip
    asked: list[str] = []

    def ask(wanted):
        asked.extend(wanted)
        return [(("rain",), "id", None) if s == "s" else ((), "id2", None) for s in wanted]

    table = choose_concepts(summaries, CONCEPTS, ask, encode, "test")
    assert asked == ["s", "t"]
    assert table["concept_id"].to_list() == [2, None, None]
    assert table["missing_reason"].to_list() == [None, "capped", NO_CONCEPT]


def test_cosines_of_concepts_and_classes():
    concepts = pl.DataFrame(
        {"concept_id": [0, 1], "concept": ["clock", "rain"]}, schema_overrides={"concept_id": pl.Int32}
    )
    table = class_cosines(concepts, ["dog_bark", "clock_tick", "dog_bark"], encode)
    assert table.rows() == [(0, "clock_tick", 1.0), (0, "dog_bark", 0.0), (1, "clock_tick", 0.0), (1, "dog_bark", 0.0)]


def test_strangers_are_embedded_once_in_the_template_and_a_tie_goes_to_the_earlier_concept():
    asked: list[list[str]] = []

    def alike(texts) -> np.ndarray:
        asked.append(list(texts))
        return np.ones((len(texts), 1), dtype=np.float32)

    found = snap([("purr", "meow"), None, ("meow", "'Dog-bark.'")], ["rain", "dog bark", "Rain"], alike)
    assert [[(c.concept_id, c.answered, c.is_snapped) for c in own] for own in found] == [
        [(0, "purr", True)], [], [(0, "meow", True), (1, "'Dog-bark.'", False)],
    ]  # fmt: skip
    assert asked == [[audio_about("meow"), audio_about("purr")], [audio_about(c) for c in ("rain", "dog bark", "Rain")]]


def test_choices_have_ranks_in_the_describers_own_words_neuron_by_neuron():
    rows = [(4, "highest", "s", None), (1, "highest", "s", None), (3, "highest", "t", None), (2, "highest", None, None),
            (4, "lowest", "u", None)]  # fmt: skip
    schema = {"neuron_id": pl.Int32, "direction": pl.String, "summary": pl.String, "missing_reason": pl.String}
    said = {"s": (("a puppy", "Rain"), "a1", None), "t": (None, "a2", "refused")}
    table = choose_concepts(
        pl.DataFrame(rows, schema=schema, orient="row"),
        CONCEPTS,
        lambda texts: [said[s] for s in texts],
        encode,
        "test",
    )
    both = [(1, "a puppy", 1, True), (2, "Rain", 2, False)]
    assert table.select(CONCEPT_CHOICES.frame_schema.names()).rows() == [
        *[(1, rank, concept, answered, snapped, "test", "a1", None) for rank, answered, concept, snapped in both],
        (2, 1, None, None, False, "test", None, NO_SUMMARY),
        (3, 1, None, None, False, "test", "a2", "refused"),
        *[(4, rank, concept, answered, snapped, "test", "a1", None) for rank, answered, concept, snapped in both],
    ]


def test_cosines_of_nothing_are_an_empty_table_and_none_lies_beyond_one():
    """0.36 and 0.64 in float32 add up to a little over 1. Names are compared in words."""
    concepts = pl.DataFrame({"concept_id": [0], "concept": ["Car-Horn"]}, schema_overrides={"concept_id": pl.Int32})
    asked: list[str] = []

    def on_a_line(texts) -> np.ndarray:
        asked.extend(texts)
        return np.array([(0.6, 0.8), (0.6, 0.8), (-0.6, -0.8)], dtype=np.float32)

    assert class_cosines(concepts, ["car_horn", "rain"], on_a_line).rows() == [(0, "car_horn", 1.0), (0, "rain", -1.0)]
    assert asked == ["Car Horn", "car horn", "rain"]
    for some, classes in ((concepts, []), (concepts.clear(), ["rain"])):
        nothing = class_cosines(some, classes, encode)
        assert nothing.is_empty()
        assert nothing.schema == CONCEPT_SIMILARITIES.frame_schema
