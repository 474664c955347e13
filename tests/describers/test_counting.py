"""The embedded describer on captions of any kind."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.describers import Choice, CountingDescriber
from dagster_and.describers.counting import ENCODER
from dagster_and.describers.lexicon import judge
from dagster_and.encoders import encoding_by
from dagster_and.method.sound.wording import RULES
from dagster_and.method.text.scales import POLES, without_opposites
from dagster_and.method.text.sentences import split_sentences, tokens

DESCRIBER = CountingDescriber(encoding_by(ENCODER))


def said(*captions: str) -> str:
    (reply,) = DESCRIBER.summarise([captions])
    assert reply.value is not None
    return reply.value


@pytest.mark.parametrize(
    ("captions", "summary"),
    [
        (["A clock tick. It is sharp.", "The sound of a clock ticking. It sounds sharp and regular.", "clock"],
         "Every clip is of a clock. Two of them are sharp."),
        (["rain", "rain", "wind", "wind", "a siren"], "Two of the clips are of wind. Two of them are of rain."),
        (["It is not loud.", "It isn't loud.", "It is never loud."], "The three clips share very little."),
        (["A black dog barks in a room.", "Dogs barking loudly", "The muffled barking of a dog"],
         "Every clip is of a dog."),
        (["sea waves", "sea waves"], "Both clips are of sea waves."),
        (["A siren. It is loud."], "The one clip is of a siren. The sound of it is loud."),
        (["犬が吠える", "猫", "!!!"], "The three clips share very little."),
        (["A muffled engine", "An engine, muffled", "A muffled engine"],
         "Every clip is of an engine. Every one of them is muffled."),
        (["This is the sound of a number one."] * 3, "Every clip is of a number one."),
        (["A hum. It is clear, muffled and steady."] * 3, "Every clip is of a hum. Every one of them is steady."),
        (["A siren. It is loud."] * 3 + ["A siren. It is quiet."], "Every clip is of a siren. Three of them are loud."),
        (["A siren. It is loud, and it is quiet."] * 3 + ["A siren. It is quiet, and also sharp."],
         "Every clip is of a siren."),
    ],
)  # fmt: skip
def test_worked_examples(captions: list[str], summary: str):
    assert said(*captions) == summary


def test_without_captions_there_is_a_reason():
    (reply,) = DESCRIBER.summarise([()])
    assert (reply.value, reply.missing_reason) == (None, "no caption")


@given(
    st.lists(st.text(max_size=80) | st.sampled_from(["A dog barks.", "It is loud.", "rain"]), min_size=1, max_size=6)
)
def test_any_captions_give_whole_sentences_that_calibration_can_weigh(captions: list[str]):
    summary = said(*captions)
    assert summary == said(*reversed(captions))
    assert re.search(r"\.$", summary)
    for sentence in split_sentences(summary):
        assert len(tokens(sentence)) >= 6 or len(captions) == 1


@given(st.lists(st.sets(st.sampled_from(sorted(POLES)), min_size=1, max_size=12), min_size=1, max_size=5))
def test_no_summary_gives_both_poles_of_a_scale(qualities: list[set[str]]):
    summary = said(*(f"A siren. It is {', '.join(sorted(words))}." for words in qualities))
    words = [word for word in tokens(summary) if word in POLES]
    assert without_opposites(words) == words


def test_a_caption_of_any_length_is_read_in_time():
    assert said(*["a loud dog " * 5000] * 3).startswith("Every clip is of")


def test_choices_are_the_nearest_concepts():
    choice = Choice("Every clip is of a clock tick. Every one of them is sharp.", ("rain", "clock tick", "engine"), 2)
    (reply, again) = DESCRIBER.choose([choice, Choice("Every clip is of rain.", choice.concepts, 3)])
    assert reply.value is not None
    assert reply.value[0] == "clock tick"
    assert len(reply.value) == 2
    assert again.value is not None
    assert again.value[0] == "rain"


def test_the_lexicon_knows_every_word_of_the_captions_and_admits_what_it_does_not():
    assert all(reply.value for reply in DESCRIBER.judge([rule.word for rule in RULES]))
    (soft, red, strange) = DESCRIBER.judge(["soft-toned", "red", "zorbic"])
    assert (soft.value, red.value, strange.value) == (True, False, None)
    assert strange.missing_reason == "not in the lexicon"
    verdict = judge("loud")
    assert verdict is not None
    assert verdict.group == "project captions"
