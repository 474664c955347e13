"""Detection by LLMs whose minds are known: the informed, the constant, the one that only compares words."""

import numpy as np
import polars as pl
import pytest

from dagster_and.lake.tables import DESCRIPTION_SCORES, NEURON_LABELS, NEURON_SENTENCES
from dagster_and.method.evidence.description_scores import ends
from dagster_and.method.evidence.detection import (
    NO_LABEL,
    NO_SPREAD,
    TOO_FEW_CLIPS,
    Answered,
    Labels,
    Question,
    detection_scores,
    marked,
    questions,
    shares,
)
from dagster_and.method.labels.testing import parts_of
from dagster_and.method.summaries.caption_sets import CAPPED
from tests.method.evidence.test_evidence import CAPTIONS, CLIPS, IS_DOG, LABELS, NOISE, batches

CLIP_NAMES = [f"clip {clip} of a {label}" for clip, label in enumerate(LABELS)]
"""Captions of which no two are the same."""
FOLDS = [clip // 4 % 5 for clip in range(CLIPS)]
PARTS = parts_of(FOLDS)


def of_all(labels: list[str | None]) -> Labels:
    """Labels on which all five parts agree."""
    return Labels(labels, {neuron: {label: [0, 1, 2, 3, 4]} for neuron, label in enumerate(labels) if label})


def asked(activation: np.ndarray, labels: Labels, captions=CLIP_NAMES, clips: int = 20) -> list[Question]:
    return questions(batches(activation, 100), labels, captions, FOLDS, set(range(len(activation))), clips)


def says(verdict):
    """An LLM that says of each clip what ``verdict`` makes of label, caption and place."""

    def ask(pairs) -> list[Answered]:
        return [(tuple(verdict(d, c, i) for i, c in enumerate(texts)), f"{n:032x}", None)
                for n, (d, texts) in enumerate(pairs)]  # fmt: skip

    return ask


def scores(questions: list[Question], verdict) -> np.ndarray:
    return detection_scores(questions, says(verdict))["score"].to_numpy()


def clips_of(question: Question) -> list[int]:
    return [int(caption.split()[1]) for caption in question.captions]


def test_labels_of_parts_that_read_the_same_are_one_question():
    labels = pl.DataFrame({"neuron_id": [0, 0, 1], "mode": [1, 2, 1], "label": ["dog", "rain", None]})
    parts = pl.DataFrame({"neuron_id": [0] * 4 + [1], "part": [0, 1, 2, 3, 0],
                          "label": ["dog", "loud dog", "dog", None, "rain"]})  # fmt: skip
    told = Labels.of(labels, parts)
    assert told.claims == ["dog", None]
    assert told.told[0] == {"dog": [0, 2], "loud dog": [1]}


def test_a_label_is_put_to_clips_that_did_not_choose_it():
    told = {neuron: {"dog": [0, 2], "a loud dog": [1], "rain": [4]} for neuron in range(50)}
    found = asked(NOISE[:50], Labels(["dog"] * 50, told))
    for question in found:
        assert set(PARTS[clips_of(question)]) <= set(told[question.neuron_id][question.told])
        assert 2 * sum(question.is_high) == len(question.captions)
    table = detection_scores(found, says(lambda *_: True))
    assert table["neuron_id"].to_list() == list(range(50))
    assert table["claim"].to_list() == ["dog"] * 50
    assert table["clips"].max() <= 20
    assert table["clips"].mean() > 18
    assert table["answer_ids"].list.len().mean() > 2.5
    assert table["score"].to_list() == [0.5] * 50


def test_clips_are_shared_out_by_the_high_ones_that_a_part_holds():
    assert shares(np.array([6, 3, 1]), 10) == [6, 3, 1]
    assert shares(np.array([6, 3, 1]), 5) == [3, 2, 0]
    assert shares(np.array([1, 1, 1]), 10) == [1, 1, 1]
    assert shares(np.array([0, 0]), 10) == [0, 0]
    for seed in range(50):
        room = np.random.default_rng(seed).integers(0, 9, 5)
        given = np.array(shares(room, 10))
        assert given.sum() == min(10, room.sum())
        assert (given <= room).all()


def test_whoever_knows_scores_1():
    names = [f"{n}" for n in range(50)]
    highest = {name: set(ends(NOISE[[n]]).high[0].nonzero()[0]) for n, name in enumerate(names)}
    informed = scores(asked(NOISE[:50], of_all([*names])), lambda d, c, _: int(c.split()[1]) in highest[d])
    assert informed.tolist() == [1.0] * 50


@pytest.mark.parametrize("always", [True, False])
def test_the_same_answer_for_every_clip_is_chance_exactly(always: bool):
    table = detection_scores(asked(NOISE[:50] + 4 * IS_DOG, of_all(["dog"] * 50)), says(lambda *_: always))
    assert table["score"].to_list() == [0.5] * 50
    assert table["p_value"].to_list() == [1.0] * 50
    assert table["score_low"][0] < 0.5 < table["score_high"][0]


@pytest.mark.parametrize("label", ["dog", "loud", "loud siren", "nothing in any caption"])
def test_a_label_that_says_the_same_of_every_neuron_is_at_chance(label: str):
    """Also with an LLM that compares words, although hard negatives are drawn by just that."""

    def compares(told: str, caption: str, _: int) -> bool:
        words = set(told.split())
        return words <= set(caption.lower().replace(".", "").split())

    found = scores(asked(NOISE, of_all([label] * len(NOISE)), CAPTIONS), compares)
    assert found.mean() == pytest.approx(0.5, abs=0.015)


def test_places_tell_nothing():
    found = scores(asked(NOISE, of_all(["dog"] * len(NOISE))), lambda _, __, i: i < 10)
    assert found.mean() == pytest.approx(0.5, abs=0.015)


def test_a_true_label_is_above_chance_where_the_neuron_fires():
    """On 10 of 200 clips; its five most active ones are asked about, too."""
    activation = NOISE[:50] * 0.1 + 4 * (IS_DOG & (np.arange(CLIPS) % 20 == 0))
    found = asked(activation, of_all(["dog"] * 50))
    assert scores(found, lambda _, caption, __: "dog" in caption).min() >= 0.7
    assert {len(question.captions) for question in found} == {20}


def test_clips_are_balanced_and_drawn_alike_again():
    first, again = (asked(NOISE[:20], of_all(["dog"] * 20)) for _ in range(2))
    assert first == again
    high = ends(NOISE[:20]).high
    for neuron, question in enumerate(first):
        clips = clips_of(question)
        assert len(set(clips)) == 20
        assert high[neuron, clips].tolist() == list(question.is_high)
        assert sum(question.is_high) == 10
    assert first[0].captions != asked(NOISE[[0, 0]], of_all(["dog"] * 2))[1].captions  # each neuron has its own draws


def test_the_others_are_spread_and_half_of_them_are_hard():
    found = asked(NOISE, of_all(["dog"] * len(NOISE)))
    others = [[c for c, high in zip(q.captions, q.is_high, strict=True) if not high] for q in found]
    dogs = np.mean([sum("dog" in caption for caption in some) for some in others])
    assert dogs > 4  # of ten; without hard ones it would be 2.5, and a pool of 20 holds no more than 5 or so
    rank = NOISE.argsort(axis=1).argsort(axis=1)
    tenths = np.array([rank[n, int(c.split()[1])] * 10 // CLIPS for n, some in enumerate(others) for c in some])
    assert np.bincount(tenths)[:9].tolist() == [pytest.approx(len(tenths) / 9, rel=0.1)] * 9


def test_small_sides_give_fewer_clips():
    activation = np.abs(NOISE[:1]) * 0.01
    activation[0, :4] += 5
    (few,) = asked(activation, of_all(["dog"]))
    assert (len(few.captions), sum(few.is_high)) == (8, 4)


def test_nothing_is_asked_where_nothing_can_be():
    flat = np.stack([NOISE[0], np.zeros(CLIPS)])
    assert [q.missing_reason for q in asked(flat, of_all([None, "dog"]))] == [NO_LABEL, NO_SPREAD]
    left_out = questions(batches(flat), of_all(["dog"] * 2), CLIP_NAMES, FOLDS, {1}, 20)
    assert [q.missing_reason for q in left_out] == [CAPPED, NO_SPREAD]
    captions = [*CLIP_NAMES[:9], *[None] * (CLIPS - 9)]
    few = questions(batches(NOISE[:2]), of_all(["dog", None]), captions, FOLDS, {0, 1}, 20)
    assert [q.missing_reason for q in few] == [TOO_FEW_CLIPS, NO_LABEL]
    table = detection_scores(few, lambda _: pytest.fail("nobody is to be asked"))
    assert table.select("clips", "high_clips", "score").rows() == [(0, 0, None)] * 2
    assert table.schema == DESCRIPTION_SCORES.frame_schema


def test_a_clip_without_caption_is_not_asked_about():
    captions = [None if label == "dog" else name for label, name in zip(LABELS, CLIP_NAMES, strict=True)]
    for question in asked(NOISE[:20], of_all(["dog"] * 20), captions):
        assert not any("dog" in caption for caption in question.captions)
        assert 2 * sum(question.is_high) == len(question.captions) == 20


def test_an_answer_of_no_use_does_not_count_and_is_a_reason_where_there_is_no_other():
    told = {0: {"dog": [0, 1, 2], "rain": [3, 4]}, 1: {"dog": [0, 1, 2, 3, 4]}}
    found = asked(NOISE[:2], Labels(["dog", "dog"], told))

    def ask(pairs) -> list[Answered]:
        right = found[1].is_high
        return [(None, "a", "unparsable: no"), (right, "b", None), (None, "c", "refused: no")]

    table = detection_scores(found, ask)
    assert table["score"].to_list() == [1.0, None]
    assert table["answer_ids"].to_list() == [["b", "a"], ["c"]]
    assert table["missing_reason"].to_list() == [None, "refused: no"]
    assert table["clips"].to_list() == [len(found[1].captions), 20]


def test_marks_by_hand():
    """Of ten high ones eight are said, of ten others three: 15 of 20 are right."""
    said, is_high = [True] * 8 + [False] * 2 + [True] * 3 + [False] * 7, [True] * 10 + [False] * 10
    mark = marked(said, is_high)
    assert mark["score"] == 0.75
    z2, p = 1.959963984540054**2, 0.75
    middle, reach = (p + z2 / 40) / (1 + z2 / 20), (z2 * (p * (1 - p) / 20 + z2 / 1600)) ** 0.5 / (1 + z2 / 20)
    assert (mark["score_low"], mark["score_high"]) == (pytest.approx(middle - reach), pytest.approx(middle + reach))
    # of 20 clips 11 are said: C(10, a) C(10, 11 - a) / C(20, 11) for a = 8, 9, 10
    assert mark["p_value"] == pytest.approx((45 * 120 + 10 * 45 + 1 * 10) / 167960)
    assert marked(is_high, is_high)["score_high"] == 1.0
    assert marked([not high for high in is_high], is_high)["score_low"] == 0.0


def test_detection_decides_no_verdict():
    from dagster_and.method.evidence.verdicts import verdicts

    row = {"neuron_id": [0], "minimum": [0.0], "maximum": [1.0]}
    found = detection_scores(asked(NOISE[:1], of_all(["dog"])), says(lambda *_: True)).with_columns(
        p_value=pl.lit(1e-9)
    )
    other = found.with_columns(scorer=pl.lit("words"), score=pl.lit(0.5), p_value=pl.lit(0.5))
    words = pl.DataFrame(schema={"neuron_id": pl.Int32, "rank": pl.Int32, "word": pl.String})
    spread, labels = pl.DataFrame(row).cast({"neuron_id": pl.Int32}), pl.DataFrame(schema=NEURON_LABELS.frame_schema)
    sentences = pl.DataFrame(schema=NEURON_SENTENCES.frame_schema)
    (verdict,) = verdicts(spread, pl.concat([found, other]), words, labels, sentences).to_dicts()
    assert (verdict["verdict"], verdict["scorer"], verdict["p_value"]) == ("no_evidence", "words", 0.5)
