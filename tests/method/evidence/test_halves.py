"""Both halves described: who is asked for what, and that either half knows nothing of the other."""

import numpy as np
import polars as pl
import pytest

from dagster_and.describers import answered
from dagster_and.describers.describer import Reply
from dagster_and.lake.tables import DESCRIPTION_STABILITY, HALF_DESCRIPTIONS
from dagster_and.method.evidence.halves import (
    NOTHING_KEPT,
    OFF,
    SPARED,
    TOO_FEW,
    described_again,
    half_descriptions,
    half_evidence,
    halves,
)
from dagster_and.method.evidence.stability import stability, word_overlap
from dagster_and.method.summaries.caption_sets import CAPPED
from tests.method.evidence.test_evidence import IS_DOG, LABELS, NOISE, batches

K = 5
DOG_AND_RAIN = np.stack([IS_DOG * 9 + NOISE[0], np.array([label == "rain" for label in LABELS]) * 9 + NOISE[1]])
WORDS = ("dog", "rain", "siren", "engine")


def encode(texts):
    vectors = np.array([[float(word in text) for word in WORDS] for text in texts], dtype=np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def described(
    activation: np.ndarray, chosen: set[int], folds=None, refused: str = ""
) -> tuple[pl.DataFrame, list[tuple[str, ...]]]:
    """The table by a describer that says the commonest caption, unless it refuses to, and what that was asked."""
    asked: list[tuple[str, ...]] = []

    def reply(text: str, number: int) -> Reply:
        said, why = (None, "refused: no") if text == refused else (f"Every clip here is {text}", None)
        return Reply(said, f"{number:032x}", why)

    def echo(sets):
        asked.extend(sets)
        common = [min(set(one), key=lambda text: (-one.count(text), text)) for one in sets]
        return answered([reply(text, n) for n, text in enumerate(common)])

    clips = activation.shape[1]
    captions: list[str | None] = [f"a {label}." for label in LABELS[:clips]]
    parts = halves(captions, folds or [None] * clips)
    evidence = half_evidence(batches(activation), captions, parts, K, chosen, "left out")
    return half_descriptions(evidence, echo, "llm:echo", encode, 0.9), asked


def test_halves_are_whole_folds_as_even_as_can_be():
    captions: list[str | None] = ["a"] * 20
    captions[3] = None
    folds = [0] * 9 + [1] * 5 + [2] * 4 + [3] * 2
    first, second = halves(captions, folds)
    assert sorted([*first, *second]) == [clip for clip in range(20) if clip != 3]
    assert {folds[clip] for clip in first} == {0, 3}
    assert {folds[clip] for clip in second} == {1, 2}


def test_without_two_folds_halves_are_drawn_alike_again():
    for folds in ([None] * 11, [4] * 11, [1] + [None] * 10):
        first, second = halves(["a"] * 11, folds)
        assert sorted([*first, *second]) == list(range(11))
        assert {len(first), len(second)} == {5, 6}
        assert first.tolist() == halves(["a"] * 11, folds)[0].tolist()


def test_either_half_is_described_by_its_own_clips():
    folds = [clip % 2 for clip in range(len(LABELS))]  # dogs and sirens are all in fold 0
    table, asked = described(DOG_AND_RAIN, {0, 1}, folds)
    assert table.schema == HALF_DESCRIPTIONS.frame_schema
    assert table.select("neuron_id", "half", "clips").rows() == [(0, 0, 100), (0, 1, 100), (1, 0, 100), (1, 1, 100)]
    first, other = table.row(0, named=True), table.row(1, named=True)
    assert first["description"] == "Every clip here is a dog."
    assert first["missing_reason"] is None
    assert set(table["describer"]) == {"llm:echo"}
    assert "dog" not in str(other["summary"])
    assert len(asked) == len(set(asked))
    assert {len(ids) for ids in table["answer_ids"]} == {2}


def test_what_the_lowest_clips_of_a_half_share_is_dropped():
    table, _ = described(np.stack([IS_DOG * -9 + 9 + NOISE[0] * 0.01 + 9 * IS_DOG]), {0})
    kept, shared = table.filter(pl.col("description").is_not_null()), table.filter(pl.col("description").is_null())
    assert (kept["summary"] != kept["lowest_summary"]).all()
    assert shared["missing_reason"].to_list() == [NOTHING_KEPT] * shared.height


def test_nobody_is_asked_about_what_is_left_out():
    table, _ = described(DOG_AND_RAIN, {1})
    assert table["description"].is_null().to_list() == [True, True, False, False]
    assert table["missing_reason"].to_list() == ["left out"] * 2 + [None] * 2
    table, asked = described(DOG_AND_RAIN, set())
    assert asked == []
    assert table["missing_reason"].to_list() == ["left out"] * 4


def test_a_half_that_the_describer_says_nothing_of_has_its_reason():
    table, _ = described(DOG_AND_RAIN, {0, 1}, refused="a rain.")
    assert table["description"].is_null().to_list() == [False, False, True, True]
    assert table["missing_reason"].to_list() == [None, None, "refused: no", "refused: no"]


def test_halves_smaller_than_k_are_not_described():
    table, asked = described(DOG_AND_RAIN[:, : 2 * K - 1], {0})
    assert asked == []
    assert table["missing_reason"].to_list() == [TOO_FEW] * 2 + ["left out"] * 2


def test_who_is_described_again():
    assert described_again("off", {1}, by_llm=False) == (set(), OFF)
    assert described_again("auto", {1}, by_llm=True) == (set(), SPARED)
    assert described_again("auto", {1}, by_llm=False) == described_again("on", {1}, by_llm=True) == ({1}, CAPPED)


def test_stability_by_an_echo():
    table = stability(described(DOG_AND_RAIN, {0, 1})[0], encode)
    assert table.schema == DESCRIPTION_STABILITY.frame_schema
    assert table["first_description"].to_list() == ["Every clip here is a dog.", "Every clip here is a rain."]
    assert table.select("cosine", "word_overlap").rows() == [(1, 1)] * 2
    assert table["chance_cosine"].to_list() == [0, 0]
    assert table["missing_reason"].null_count() == 2


def test_a_half_without_a_description_is_not_compared():
    table = stability(described(DOG_AND_RAIN, {1})[0], encode)
    assert table["cosine"].is_null().to_list() == [True, False]
    assert table["missing_reason"].to_list() == ["left out", None]


def test_overlap_by_hand():
    assert word_overlap({"loud", "dog"}, {"quiet", "dog", "bark"}) == pytest.approx(1 / 4)
    assert word_overlap(set(), set()) == 0
