"""Text from outside is made such that every file takes it."""

from hypothesis import given
from hypothesis import strategies as st

from dagster_and.foundation.texts import printable, whole, whole_throughout

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
"""Half characters as well."""


@given(ANY_TEXT)
def test_any_text_can_be_written_and_what_could_be_is_left_as_it_was(text: str):
    made = whole(text)
    assert made.encode() == whole(made).encode()
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert made == text


def test_two_halves_are_the_character_that_they_mean():
    assert whole("\ud83d\udc36, \udc36\ud83d") == "🐶, \ufffd\ufffd"


@given(ANY_TEXT)
def test_what_is_printed_can_be_seen_and_what_could_be_is_left_as_it_was(text: str):
    made = printable(text)
    assert all(c in "\n\t" or c.isprintable() for c in made)
    assert printable(made) == made
    if text.isprintable():
        assert made == text


def test_texts_are_made_whole_wherever_they_stand():
    content = {"a\ud800": ["b\ud800", {"c": 1, "d": None}]}
    assert whole_throughout(content) == {"a\ufffd": ["b\ufffd", {"c": 1, "d": None}]}
