"""Detection by LLMs whose minds are known: the informed, the constant, the one that only compares words."""

import numpy as np
import polars as pl
import pytest

from dagster_and.lake.tables import DESCRIPTION_SCORES, NEURON_LABELS, NEURON_SENTENCES
from dagster_and.method.evidence.description_scores import NO_DESCRIPTION, NO_SPREAD, TOO_FEW_CLIPS, held_out
from dagster_and.method.evidence.detection import Answered, Question, detection_scores, marked, questions
from tests.method.evidence.test_evidence import CAPTIONS, CLIPS, IS_DOG, LABELS, NOISE, K, batches

CLIP_NAMES = [f"clip {clip} of a {label}" for clip, label in enumerate(LABELS)]
"""Captions of which no two are the same."""


def asked(activation: np.ndarray, descriptions: list[str | None], captions=CLIP_NAMES, clips: int = 20):
    return questions(batches(activation, 100), descriptions, captions, K, clips)


def says(verdict):
    """An LLM that says of each clip what ``verdict`` makes of description, caption and place."""

    def ask(pairs) -> list[Answered]:
        return [(tuple(verdict(d, c, i) for i, c in enumerate(texts)), f"{n:032x}", None)
                for n, (d, texts) in enumerate(pairs)]  # fmt: skip

    return ask


def scores(questions: list[Question], verdict) -> np.ndarray:
    return detection_scores(questions, says(verdict))["score"].to_numpy()


def test_whoever_knows_scores_1():
    names = [f"{n}" for n in range(50)]
    highest = {name: set(np.argsort(NOISE[n])[-K - 19 : -K]) for n, name in enumerate(names)}
    informed = scores(asked(NOISE[:50], [*names]), lambda d, c, _: int(c.split()[1]) in highest[d])
    assert informed.tolist() == [1.0] * 50


@pytest.mark.parametrize("always", [True, False])
def test_the_same_answer_for_every_clip_is_chance_exactly(always: bool):
    table = detection_scores(asked(NOISE[:50] + 4 * IS_DOG, ["A dog."] * 50), says(lambda *_: always))
    assert table["score"].to_list() == [0.5] * 50
    assert table["p_value"].to_list() == [1.0] * 50
    assert table["score_low"][0] < 0.5 < table["score_high"][0]


@pytest.mark.parametrize("description", ["A dog.", "It is loud.", "A loud siren.", "Nothing in any caption."])
def test_a_description_that_says_the_same_of_every_neuron_is_at_chance(description: str):
    """Also with an LLM that compares words, although hard negatives are drawn by just that."""

    def compares(told: str, caption: str, _: int) -> bool:
        words = set(told.lower().strip(".").split()) - {"a", "it", "is"}
        return words <= set(caption.lower().replace(".", "").split())

    found = scores(asked(NOISE, [description] * len(NOISE), CAPTIONS), compares)
    assert found.mean() == pytest.approx(0.5, abs=0.015)


def test_places_tell_nothing():
    assert scores(asked(NOISE, ["A dog."] * len(NOISE)), lambda _, __, i: i < 10).mean() == pytest.approx(
        0.5, abs=0.015
    )


def test_a_true_description_is_above_chance():
    found = scores(asked(NOISE[:50] + 4 * IS_DOG, ["A dog."] * 50), lambda _, caption, __: "dog" in caption)
    assert found.min() >= 0.8


def test_clips_are_held_out_balanced_and_drawn_alike_again():
    first, again = (asked(NOISE[:20], ["A dog."] * 20) for _ in range(2))
    assert first == again
    for neuron, question in enumerate(first):
        clips = [int(caption.split()[1]) for caption in question.captions]
        order = np.argsort(NOISE[neuron]).tolist()
        assert len(set(clips)) == 20
        assert not set(clips) & {*order[:K], *order[-K:]}
        assert [order.index(clip) >= CLIPS - K - 19 for clip in clips] == list(question.is_high)
        assert sum(question.is_high) == 10
    assert first[0].captions != asked(NOISE[[0, 0]], ["A dog."] * 2)[1].captions  # each neuron has its own draws


def test_the_others_are_spread_and_half_of_them_are_hard():
    held = held_out(NOISE, K)
    found = asked(NOISE, ["A dog."] * len(NOISE))
    others = [[c for c, high in zip(q.captions, q.is_high, strict=True) if not high] for q in found]
    dogs = np.mean([sum("dog" in caption for caption in some) for some in others])
    assert dogs > 4  # of ten; without hard ones it would be 2.5, and a pool of 19 holds no more than 5 or so
    places = {n: {clip: i for i, clip in enumerate(held.clips[n].tolist())} for n in range(len(NOISE))}
    tenths = np.array(
        [places[n][int(c.split()[1])] * 10 // (CLIPS - 2 * K) for n, some in enumerate(others) for c in some]
    )
    assert np.bincount(tenths).tolist() == [pytest.approx(len(tenths) / 9, rel=0.1)] * 9


def test_small_sides_give_fewer_clips():
    (few,) = questions(batches(NOISE[:1, :40]), ["A dog."], CLIP_NAMES[:40], K, 20)
    assert (len(few.captions), sum(few.is_high)) == (6, 3)


def test_nothing_is_asked_where_nothing_can_be():
    flat = np.stack([NOISE[0], np.zeros(CLIPS)])
    assert [q.missing_reason for q in asked(flat, [None, "A dog."])] == [NO_DESCRIPTION, NO_SPREAD]
    few = questions(batches(NOISE[:2, :29]), ["A dog.", None], CLIP_NAMES[:29], K, 20)
    assert [q.missing_reason for q in few] == [TOO_FEW_CLIPS, NO_DESCRIPTION]
    table = detection_scores(few, lambda _: pytest.fail("nobody is to be asked"))
    assert table.select("clips", "high_clips", "score").rows() == [(0, 0, None)] * 2
    assert table.schema == DESCRIPTION_SCORES.frame_schema


def test_a_clip_without_caption_is_not_asked_about():
    captions = [None if label == "dog" else name for label, name in zip(LABELS, CLIP_NAMES, strict=True)]
    for question in asked(NOISE[:20], ["A dog."] * 20, captions):
        assert not any("dog" in caption for caption in question.captions)


def test_an_answer_of_no_use_is_a_row_with_its_reason():
    def ask(pairs) -> list[Answered]:
        return [(None, "a", "unparsable: no"), ((True,) * 10 + (False,) * 10, "b", None)]

    table = detection_scores(asked(NOISE[:2], ["A dog."] * 2), ask)
    assert table.select("answer_id", "missing_reason").rows() == [("a", "unparsable: no"), ("b", None)]
    assert table["score"].is_null().to_list() == [True, False]
    assert table["clips"].to_list() == [20, 20]


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
    found = detection_scores(asked(NOISE[:1], ["A dog."]), says(lambda *_: True)).with_columns(p_value=pl.lit(1e-9))
    other = found.with_columns(scorer=pl.lit("words"), score=pl.lit(0.5), p_value=pl.lit(0.5))
    words = pl.DataFrame(schema={"neuron_id": pl.Int32, "rank": pl.Int32, "word": pl.String})
    spread, labels = pl.DataFrame(row).cast({"neuron_id": pl.Int32}), pl.DataFrame(schema=NEURON_LABELS.frame_schema)
    sentences = pl.DataFrame(schema=NEURON_SENTENCES.frame_schema)
    (verdict,) = verdicts(spread, pl.concat([found, other]), words, labels, sentences).to_dicts()
    assert (verdict["verdict"], verdict["scorer"], verdict["p_value"]) == ("no_evidence", "words", 0.5)
