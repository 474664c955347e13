"""Splitting text into sentences: what ends one, what does not, and nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.text.sentences import split_sentences, tokens


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("This clip is of a bell. It is loud.", ["This clip is of a bell.", "It is loud."]),
        ("a dog barks. rain falls", ["a dog barks.", "rain falls"]),
        ("Really? Yes! It hums.", ["Really?", "Yes!", "It hums."]),
        ("At 4.5 kHz, e.g. a bell, i.e. metal.", ["At 4.5 kHz, e.g. a bell, i.e. metal."]),
        ("Dr. J. Smith speaks. He shouts.", ["Dr. J. Smith speaks.", "He shouts."]),
        ("It fades... slowly. And ends... Then silence.", ["It fades... slowly.", "And ends...", "Then silence."]),
        ('He says "stop." Then it stops.', ['He says "stop."', "Then it stops."]),
        ("1. Loud sounds.\n2) High-pitched\n- a hum\n* a buzz", ["Loud sounds.", "High-pitched", "a hum", "a buzz"]),
        ("1. Loud. It hums.", ["Loud.", "It hums."]),
        ("It rings (e.g. a bell). It stops.", ["It rings (e.g. a bell).", "It stops."]),
        ('Said by "Dr. Smith" it hums.', ['Said by "Dr. Smith" it hums.']),
        ("## Summary\n\nA   dog\tbarks.", ["Summary", "A dog barks."]),
        ("The tempo is 120. It swings.", ["The tempo is 120.", "It swings."]),
        ("Is there music? No. It is speech.", ["Is there music?", "No.", "It is speech."]),
        ("A dog barks.Rain falls.", ["A dog barks.", "Rain falls."]),
        ("犬が吠える。猫が鳴く。", ["犬が吠える。", "猫が鳴く。"]),
        ("Sounds, e.g. a bell, ring", ["Sounds, e.g. a bell, ring"]),
        ("Bells, horns, etc. It ends.", ["Bells, horns, etc.", "It ends."]),
        ("Here:\n- loud\n- soft", ["Here:", "loud", "soft"]),
        ("... !! \n\n", []),
        ("", []),
        (" \n ... \n - \n", []),
    ],
)
def test_by_hand(text: str, sentences: list[str]):
    assert split_sentences(text) == sentences


words = st.lists(
    st.sampled_from(["a", "Dog", "barks", "e.g.", "4.5", "3.", "J.", "loud.", "no?", "...", '"so."', "\n"])
)


@given(words)
def test_no_word_is_lost_and_a_sentence_is_one_sentence(parts: list[str]):
    found = split_sentences(" ".join(parts))

    def letters(texts: list[str]) -> list[str]:
        return [c for c in "".join(texts) if c.isalpha()]

    assert letters(found) == letters(parts)
    assert all(sentence == " ".join(sentence.split()) for sentence in found)


@given(st.text())
def test_any_text_can_be_split(text: str):
    assert all(any(c.isalnum() for c in sentence) for sentence in split_sentences(text))


def test_a_mark_and_a_hyphenated_word_are_one_token_each():
    assert tokens("It is high-pitched, 2.5 times.") == ["It", "is", "high-pitched", ",", "2.5", "times", "."]
