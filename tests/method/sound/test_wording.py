"""From numbers to words: each rule at its boundary, and the page that documents them."""

import re
from dataclasses import replace
from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.foundation.home import REPOSITORY
from dagster_and.method.sound.acoustics import Acoustics
from dagster_and.method.sound.wording import (
    EVENTS_OF_A_RHYTHM,
    OPENINGS,
    PLAIN,
    QUALITIES,
    RULES,
    Rule,
    listed,
    noun_phrase,
    sentence,
    words,
)

PLAIN_SOUND = Acoustics(
    loudness_dbfs=-25.0, pitch_hz=400.0, brightness_hz=1500.0, tonality=0.4, events_per_s=2.0, regularity=0.5,
    attack_ms=60.0, steadiness=0.6,
)  # fmt: skip
"""In the middle of every scale: nothing is said of it."""
FIELDS = {"rhythm": "regularity"}


def with_quality(quality: str, value: float) -> Acoustics:
    return replace(PLAIN_SOUND, **{FIELDS.get(quality, quality): value})


def test_nothing_is_said_of_a_sound_in_the_middle_of_every_scale():
    assert words(PLAIN_SOUND) == []
    assert sentence("rain", PLAIN_SOUND, seed=0).endswith(PLAIN)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.word)
def test_a_word_is_said_from_its_boundary_on_and_not_before(rule: Rule):
    if rule.low > -inf:  # "at least"
        assert words(with_quality(rule.quality, rule.low)) == [rule.word]
        assert words(with_quality(rule.quality, nextafter(rule.low, -inf))) == []
    if rule.high < inf:  # "below"
        assert words(with_quality(rule.quality, nextafter(rule.high, -inf))) == [rule.word]
        assert words(with_quality(rule.quality, rule.high)) == []


def test_the_one_word_of_a_sound_stands_in_its_line():
    assert sentence("rain", with_quality("loudness_dbfs", 0.0), seed=0).endswith(" loud.")


def test_each_quality_has_two_words_with_a_silent_middle():
    for quality in {rule.quality for rule in RULES}:
        low, high = (rule for rule in RULES if rule.quality == quality)
        assert low.low == -inf
        assert high.high == inf
        assert low.high < high.low


def test_no_pitch_no_word_of_pitch():
    assert words(replace(PLAIN_SOUND, pitch_hz=None)) == []


def test_a_rhythm_needs_enough_events():
    clockwork = replace(PLAIN_SOUND, regularity=1.0)
    assert words(replace(clockwork, events_per_s=EVENTS_OF_A_RHYTHM)) == ["repetitive"]
    assert words(replace(clockwork, events_per_s=nextafter(EVENTS_OF_A_RHYTHM, 0))) == []


def test_an_attack_needs_an_event():
    struck = replace(PLAIN_SOUND, attack_ms=5.0, regularity=0.5)
    assert words(replace(struck, events_per_s=0.5)) == ["sharp"]
    assert words(replace(struck, events_per_s=0.0)) == []


@pytest.mark.parametrize(
    ("label", "phrase"),
    [
        ("dog", "a dog"), ("crying_baby", "a crying baby"), ("alarm-beep", "an alarm-beep"),
        ("airplane", "an airplane"), ("hourglass", "an hourglass"), ("rain", "rain"), ("sea_waves", "sea waves"),
        ("footsteps", "footsteps"), ("brushing_teeth", "brushing teeth"), ("drinking_sipping", "drinking sipping"),
        ("glass", "a glass"), ("bus", "a bus"), ("tennis", "a tennis"), ("unicorn", "a unicorn"), ("owl", "an owl"),
        ("pouring_water", "pouring water"), ("door_wood_knock", "a door wood knock"), ("", "something unnamed"),
        ("___", "something unnamed"), ("  a  b ", "an a b"), ("line\nbreak", "a line break"),
    ],
)  # fmt: skip
def test_a_class_name_becomes_a_noun_phrase(label: str, phrase: str):
    assert noun_phrase(label) == phrase


@pytest.mark.parametrize(
    ("items", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)  # fmt: skip
def test_lists_read_as_people_write_them(items: list[str], text: str):
    assert listed(items) == text


EVERYTHING = Acoustics(-10.0, 100.0, 500.0, 0.1, 3.0, 0.9, 10.0, 0.2)


def test_every_word_is_said_in_natural_sentences():
    said = words(EVERYTHING)
    assert said == ["loud", "low-pitched", "muffled", "noisy", "repetitive", "sharp", "intermittent"]
    text = sentence("dog", EVERYTHING, seed=1)
    assert all(text.count(word) == 1 for word in said)
    assert re.fullmatch(r"(?:[A-Z][^.]*\.)(?: [A-Z][^.]*\.){2}", text)
    assert "a dog" in text


def test_a_muffled_tone_is_called_tonal_and_any_other_clear():
    assert [w for w in words(replace(EVERYTHING, tonality=0.9)) if w in ("clear", "tonal")] == ["tonal"]
    assert [w for w in words(replace(EVERYTHING, tonality=0.9, brightness_hz=1000.0)) if w in ("clear", "tonal")] == [
        "clear"
    ]


def test_phrasings_vary_with_the_seed_and_only_with_it():
    texts = [sentence("dog", EVERYTHING, seed=seed) for seed in range(200)]
    assert texts == [sentence("dog", EVERYTHING, seed=seed) for seed in range(200)]
    openings = {opening.format(noun="a dog") for opening in OPENINGS}
    assert {next(o for o in openings if text.startswith(o)) for text in texts} == openings
    assert len({re.sub(r"\b(?:loud|noisy|sharp)\b", "", text) for text in texts}) > len(OPENINGS) * len(QUALITIES)


REAL = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.builds(
        Acoustics, loudness_dbfs=REAL, pitch_hz=st.none() | REAL, brightness_hz=REAL, tonality=REAL, events_per_s=REAL,
        regularity=REAL, attack_ms=REAL, steadiness=REAL,
    ),
    st.text(),
)  # fmt: skip
def test_every_sound_has_one_line_of_at_most_one_word_a_quality(acoustics: Acoustics, label: str):
    said = words(acoustics)
    qualities = [rule.quality for rule in RULES for word in said if rule.word == word]
    assert len(qualities) == len(set(qualities))
    text = sentence(label, acoustics, seed=0)
    assert text.endswith(".")
    assert "\n" not in text


def boundary(rule: Rule) -> str:
    return f"at least {rule.low:g}" if rule.low > -inf else f"below {rule.high:g}"


def test_the_page_documents_every_rule_and_no_other():
    page = (REPOSITORY / "docs" / "captions.md").read_text(encoding="utf-8")
    rules = page.partition("## The rules")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", rules, flags=re.MULTILINE)
    assert [(quality, word, limit) for quality, word, limit in rows] == [
        (rule.quality, rule.word, boundary(rule)) for rule in RULES
    ]
    assert f"at least {EVENTS_OF_A_RHYTHM:g} events a second" in page
    for phrase in (*OPENINGS, *QUALITIES, PLAIN):
        assert phrase.format(noun="...", words="...") in " ".join(page.split()), phrase


def test_the_page_names_every_measured_column():
    page = (REPOSITORY / "docs" / "captions.md").read_text(encoding="utf-8")
    numbers = page.partition("## The numbers")[2].partition("## The rules")[0]
    assert re.findall(r"^\| `(\w+)` \|", numbers, flags=re.MULTILINE) == list(vars(PLAIN_SOUND))
