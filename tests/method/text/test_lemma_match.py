"""Whole lemmas name a concept; parts of words never do."""

import polars as pl
import pytest

from dagster_and.method.text.lemma_match import content_words, neurons_that_name, why_nobody_names


def words(*rows: tuple[int, str, str, int]) -> pl.DataFrame:
    names = {"neuron_id": pl.Int32, "part_of_speech": pl.String, "lemma": pl.String, "occurrences": pl.Int32}
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.mark.parametrize(
    ("concept", "noun"), [("train", "rain"), ("rain", "train"), ("kitchen", "hen"), ("cat", "cattle")]
)
def test_a_part_of_a_word_is_no_match(concept: str, noun: str):
    assert neurons_that_name(concept, words((0, "noun", noun, 3))).is_empty()


def test_every_word_of_a_concept_has_to_be_found():
    said = words((0, "noun", "clock", 2), (0, "noun", "tick", 1), (1, "noun", "clock", 5), (2, "noun", "tick", 1))
    found = neurons_that_name("clock_tick", said)
    assert found.rows() == [(0, "its calibrated summary says clock and tick", 1.0)]


def test_neurons_stand_in_the_order_of_their_ids():
    said = words((3, "noun", "tick", 1), (3, "noun", "clock", 2), (1, "noun", "clock", 5), (1, "noun", "tick", 4))
    assert neurons_that_name("clock tick", said).select("neuron_id", "score").rows() == [(1, 4), (3, 1)]


def test_nouns_count_and_other_parts_of_speech_do_not():
    said = words((0, "verb", "bark", 2), (1, "noun", "bark", 1), (2, "adjective", "bark", 1))
    assert neurons_that_name("bark", said)["neuron_id"].to_list() == [1]


def test_a_gerund_is_found_among_verbs_and_adjectives_too():
    said = words((0, "verb", "sneeze", 2), (1, "noun", "sneezing", 1), (2, "preposition", "sneezing", 1))
    assert neurons_that_name("sneezing", said)["neuron_id"].to_list() == [0, 1]
    said = words((0, "noun", "fire", 1), (0, "adjective", "crackling", 1), (1, "noun", "fire", 1))
    assert neurons_that_name("crackling fire", said)["neuron_id"].to_list() == [0]


@pytest.mark.parametrize(
    ("word", "lemma"),
    [("footsteps", "footstep"), ("waves", "wave"), ("Birds", "bird"), ("teeth", "tooth"), ("glasses", "glass"),
     ("running", "run"), ("typing", "type"), ("cherries", "cherry"), ("siren", "siren"), ("3", "three"),
     ("three", "3"), ("21", "twenty-one"), ("dogBark", "dog-bark")],
)  # fmt: skip
def test_a_word_is_found_by_its_lemma_whatever_its_form(word: str, lemma: str):
    said = f"its calibrated summary says {lemma}"
    assert neurons_that_name(word, words((5, "noun", lemma, 2))).rows() == [(5, said, 2.0)]


@pytest.mark.parametrize(("word", "other"), [("glass", "glas"), ("bus", "bu"), ("thing", "th"), ("ring", "r")])
def test_what_is_no_inflection_is_left_alone(word: str, other: str):
    assert neurons_that_name(word, words((0, "noun", other, 1))).is_empty()


@pytest.mark.parametrize("concept", ["LABEL_3", "/m/0bt9lr", "n01440764", "1272", "?!"])
def test_a_concept_without_words_is_named_by_nothing_and_says_so(concept: str):
    said = words((0, "noun", "label", 1), (0, "noun", "3", 1), (0, "noun", concept, 1))
    assert neurons_that_name(concept, said).is_empty()
    reason = why_nobody_names(concept, said)
    assert reason is not None
    assert reason.startswith(f"no word can name the concept: {concept!r}")


def test_what_is_not_said_is_named():
    said = words((0, "noun", "clock", 2), (1, "noun", "tick", 1), (2, "verb", "bark", 1))
    assert why_nobody_names("bark", said) == "no calibrated summary says bark"
    assert why_nobody_names("alarm clock", said) == "no calibrated summary says alarm"
    assert why_nobody_names("clock_tick", said) == "no calibrated summary says all of clock and tick"
    assert why_nobody_names("Clock", said) is None


def test_function_words_need_not_be_found():
    assert content_words("Sound of the_Rain") == ["sound", "rain"]
    assert content_words("the") == ["the"]
