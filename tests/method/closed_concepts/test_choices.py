"""Answers to concepts: known, snapped, repeated, missing."""

import numpy as np
import polars as pl

from dagster_and.method.closed_concepts.choices import NO_CONCEPT, choose_concepts, class_cosines, snap

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
