"""Which adjectives are opposites."""

from itertools import product

import pytest
import yaml

from dagster_and.describers.lexicon import LEXICON, judge
from dagster_and.method.sound.wording import INSTEAD, RULES
from dagster_and.method.text.scales import POLES, SCALES, are_opposite, without_opposites

WITHOUT_AN_OPPOSITE = frozenset(
    {"acoustic", "airy", "angry", "brassy", "breathy", "buzzing", "buzzy", "compressed", "crackling", "crackly",
     "creaky", "dramatic", "droning", "eerie", "guttural", "haunting", "hissing", "humming", "husky",
     "hypnotic", "menacing", "metallic", "mid-frequency", "mid-range", "modulated", "mysterious", "nasal",
     "ominous", "pulsating", "pulsing", "rattling", "ringing", "scary", "spooky", "static", "warbling",
     "whirring", "wooden"}
)  # fmt: skip
"""Acoustic adjectives of the lexicon that are no pole of anything."""


@pytest.mark.parametrize("word", sorted(POLES))
def test_a_word_of_a_scale_is_acoustic_and_not_its_own_opposite(word: str):
    verdict = judge(word)
    assert verdict is not None
    assert verdict.is_acoustic
    assert not are_opposite(word, word)


def test_every_acoustic_adjective_of_the_lexicon_stands_on_a_scale_or_is_known_to_have_no_opposite():
    groups = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))["acoustic"].values()
    words = {word for group in groups for word in group["words"]}
    assert words - set(POLES) == WITHOUT_AN_OPPOSITE


def test_the_two_words_of_a_measured_quality_are_opposites():
    for quality in {rule.quality for rule in RULES}:
        low, high = (rule.word for rule in RULES if rule.quality == quality)
        assert are_opposite(low, high), quality
        assert are_opposite(high, low), quality


def test_a_word_said_instead_is_no_opposite_of_what_stands_beside_it():
    for (word, beside), other in INSTEAD.items():
        assert are_opposite(word, beside)
        assert not are_opposite(other, beside)


def test_words_of_one_pole_are_not_opposites_on_any_scale():
    for scale in SCALES:
        for pole in scale.poles:
            assert [pair for pair in product(pole, pole) if are_opposite(*pair)] == [], scale.name


def test_clear_is_the_opposite_of_muffled_and_of_noisy_but_those_two_are_not_opposites():
    assert are_opposite("clear", "muffled")
    assert are_opposite("noisy", "clear")
    assert not are_opposite("muffled", "noisy")


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["loud", "steady", "quiet"], ["steady"]),
        (["clear", "muffled"], []),
        (["clear", "muffled", "noisy", "sharp"], ["sharp"]),
        (["tonal", "muffled"], ["tonal", "muffled"]),
        (["loud", "siren-like"], ["loud", "siren-like"]),
    ],
)
def test_where_both_poles_are_said_neither_is_left(words: list[str], left: list[str]):
    assert without_opposites(words) == left
