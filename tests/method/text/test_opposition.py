"""Two sentences that say opposite things of the same thing."""

import pytest

from dagster_and.method.text.opposition import are_contrary


@pytest.mark.parametrize(
    ("sentence", "other"),
    [
        ("Every one of them is high-pitched.", "Four of them are low-pitched."),
        ("The clips hold sounds of high pitch.", "Low-pitched sounds are heard in all clips."),
        ("The recordings are of low quality.", "All clips are high-quality audio."),
        ("A loud siren can be heard.", "A quiet siren can be heard."),
        ("The siren is loud and clear.", "The siren is rather quiet and clear."),
        ("The sounds are loud and sharp.", "They are quiet and sharp."),
        ("The clips get louder.", "The clips are very quiet."),
        ("The sounds are played loudly.", "The clips are quiet."),
        ("The sounds are even and calm.", "The sounds are uneven and calm."),
        ("They are not only loud but also sharp.", "They are quiet."),
    ],
)
def test_opposite_poles_of_the_same_thing_are_contrary(sentence: str, other: str):
    assert are_contrary(sentence, other)
    assert are_contrary(other, sentence)


@pytest.mark.parametrize(
    ("sentence", "other"),
    [
        ("Every one of them is loud.", "Every one of them is loud."),
        ("Every one of them is loud.", "Every one of them is sharp."),
        ("The siren is loud.", "The engine is quiet."),
        ("A loud siren is heard.", "A quiet engine is heard."),
        ("A loud siren sounds over a quiet engine.", "A quiet engine is heard."),
        ("They are either loud or quiet.", "They are quiet."),
        ("All of them are even louder.", "All of them are uneven."),
        ("Every clip is of rain.", "Every clip is of a train."),
    ],
)
def test_the_same_pole_another_thing_and_both_poles_are_not(sentence: str, other: str):
    assert not are_contrary(sentence, other)
    assert not are_contrary(other, sentence)


def test_a_denied_pole_goes_against_that_pole_alone():
    """ "Not loud" is the quiet pole at most, never loud; "not loud" and "not quiet" go together."""
    assert are_contrary("They are not loud.", "They are loud.")
    assert are_contrary("They are less loud than the others.", "They are loud.")
    assert not are_contrary("They are not loud.", "They are quiet.")
    assert not are_contrary("They are not loud.", "They are not quiet.")
    assert not are_contrary("They are never loud or harsh.", "They are soft and quiet.")


def test_a_turn_ends_a_negation():
    assert are_contrary("They are not loud but muffled.", "They are bright.")


def test_a_negation_reaches_over_four_words_and_no_further():
    assert are_contrary("They are not always so very loud.", "They are loud.")
    assert not are_contrary("They are not always quite so very loud.", "They are loud.")


def test_a_sentence_may_end_with_its_adjective():
    assert are_contrary("They are sharp and loud", "They are quiet")
