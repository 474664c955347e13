"""Tags, lemmas and negation."""

import pytest

from dagster_and.method.sound.wording import OPENINGS, QUALITIES, RULES
from dagster_and.method.text.parts_of_speech import Word, tag


def words(text: str) -> list[Word]:
    return [word for sentence in tag(text) for word in sentence]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.word)
def test_the_captions_own_qualities_are_adjectives(rule):
    for frame in QUALITIES:
        assert words(frame.format(words=rule.word))[-2].is_adjective


@pytest.mark.parametrize("noun", ["a siren", "a clock tick", "a door knock", "rain", "wind", "a vacuum cleaner"])
def test_the_captions_own_subjects_are_nouns(noun: str):
    for frame in OPENINGS:
        found = {word.text for word in words(frame.format(noun=noun)) if word.is_noun}
        assert set(noun.removeprefix("a ").split()) <= found


@pytest.mark.parametrize(
    ("text", "lemma"),
    [("dogs", "dog"), ("children", "child"), ("glasses", "glass"), ("bass", "bass"), ("louder", "loud"),
     ("happiest", "happy"), ("running", "run"), ("making", "make"), ("barking", "bark"), ("muffled", "muffled")],
)  # fmt: skip
def test_lemmas(text: str, lemma: str):
    assert words(text)[0].lemma == lemma


def test_a_negation_reaches_four_tokens_and_not_over_the_sentence():
    found = {w.text: w.is_negated for w in words("It isn't very loud or harsh and clear. It is sharp.")}
    assert found["loud"]
    assert found["harsh"]
    assert not found["clear"]
    assert not found["sharp"]


@pytest.mark.parametrize(
    ("text", "adjectives"),
    [("A loud and clear voice", ["loud", "clear"]), ("A loud, muffled voice", ["loud", "muffled"]), ("A loud", []),
     ("The loud and the clear", []), ("A clock tick and rain", [])],
)  # fmt: skip
def test_an_adjective_before_another_one_stays_one_and_alone_behind_an_article_is_a_noun(
    text: str, adjectives: list[str]
):
    assert [word.text for word in words(text) if word.is_adjective] == adjectives
