"""One way of matching names: what is the same, what is not, and what no word can match."""

import duckdb
import pytest
import yaml
from dbt.adapters.duckdb.plugins import BasePlugin
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from dagster_and.method.text.names import (
    class_of,
    is_same_name,
    name_in_words,
    name_key,
    number_in_words,
    why_wordless,
    wordless,
)
from dagster_and.method.text.word_forms import word_key
from dagster_and.warehouse.building import DBT_PROJECT

WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)
WORDS = st.lists(WORD | st.integers(0, 120).map(str), min_size=1, max_size=4)
ANY = st.text(max_size=20) | WORDS.map("_".join)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("dog_bark", "Dog-bark"), ("dog_bark", "dogBark"), ("DogBark", "dog barks"),
        ("0", "zero"), ("10", "Ten"), ("3", "03"), ("21", "twenty-one"), ("twenty_one", "TWENTY ONE"),
        ("footsteps", "footstep"), ("sneezing", "sneeze"), ("crying_baby", "cry baby"), ("Children", "child"),
        ("Male speech, man speaking", "male_speech_man_speaking"), ("dog's bark", "dogs bark"),
    ],
)  # fmt: skip
def test_the_same_name(name: str, other: str):
    assert is_same_name(name, other)
    assert is_same_name(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("rain", "train"), ("hen", "kitchen"), ("1", "10"), ("one", "ten"), ("clock", "clock tick"), ("cat", "cattle"),
        ("bark dog", "dog bark"), ("car", "care"), ("tap", "tape"), ("plan", "planes"), ("hop", "hope"), ("c", "c++"),
        ("LABEL_1", "LABEL_10"), ("n01440764", "n1440764"), ("???", "!!!"), ("", "rain"),
    ],
)  # fmt: skip
def test_other_names(name: str, other: str):
    assert not is_same_name(name, other)
    assert not is_same_name(other, name)


@given(ANY, ANY)
def test_matching_is_reflexive_and_symmetric(name: str, other: str):
    assert is_same_name(name, name)
    assert is_same_name(name, other) == is_same_name(other, name)


@given(WORDS, st.sampled_from(["_", "-", " ", "__", " - ", "\t"]))
def test_matching_is_blind_to_case_and_to_what_stands_between_words(words: list[str], separator: str):
    name = " ".join(words)
    for written in (separator.join(words), name.upper(), name.title(), separator.join(words).capitalize()):
        assert is_same_name(name, written), written


@given(st.lists(WORD, min_size=2, max_size=4))
def test_matching_is_blind_to_camel_case(words: list[str]):
    humps = "".join(word.capitalize() for word in words)
    assert is_same_name(humps, "_".join(words))
    assert is_same_name(humps[0].lower() + humps[1:], "_".join(words))


@given(WORD, WORD)
def test_no_word_matches_a_longer_one_that_holds_it(word: str, rest: str):
    """Unless the longer is its plural or has its -ing."""
    for longer in (rest + word, word + rest):
        if word_key(longer) != word_key(word):
            assert not is_same_name(word, longer)
    if not rest.endswith(("s", "ing")):
        assert not is_same_name(word, word + rest + "x")
    assert not is_same_name(word, f"{word} {rest}")


@given(st.integers(0, 99), st.integers(0, 99))
def test_numbers_match_their_words_and_no_other_number(number: int, other: int):
    words = number_in_words(str(number))
    assert words is not None
    assert is_same_name(str(number), words)
    assert is_same_name(words, str(other)) == (number == other)


@given(ANY)
def test_a_name_in_words_is_still_the_same_name(name: str):
    assert is_same_name(name_in_words(name), name)


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("bark", "barking"), ("run", "running"), ("type", "typing"), ("whistle", "whistling"), ("ring", "ringing"),
        ("breathe", "breathing"), ("glass", "glasses"), ("noise", "noises"), ("movie", "movies"), ("shoe", "shoes"),
        ("purr", "purring"), ("buzz", "buzzing"), ("clap", "clapping"), ("vibrate", "vibrating"), ("knife", "knives"),
        ("axe", "axes"), ("change", "changing"), ("hammer", "hammering"), ("cherry", "cherries"), ("echo", "echoes"),
        ("mow", "mowing"), ("cry", "crying"), ("bus", "buses"), ("tooth", "teeth"), ("call", "calling"),
    ],
)  # fmt: skip
def test_the_forms_of_a_word_have_one_key(word: str, form: str):
    assert word_key(word) == word_key(form)


@pytest.mark.parametrize(
    ("word", "other"),
    [("tap", "taping"), ("care", "car"), ("spring", "spr"), ("thing", "th"), ("bus", "bu"), ("evening", "even")],
)
def test_words_that_only_look_like_forms_have_keys_of_their_own(word: str, other: str):
    assert word_key(word) != word_key(other)


@pytest.mark.parametrize("name", ["LABEL_3", "label-12", "Class 4", "/m/0bt9lr", "/t/dd00003", "n01440764", "1272",
                                  "deadbeef01", "???", " ", "100"])  # fmt: skip
def test_a_name_without_words_says_so(name: str):
    reason = why_wordless(name)
    assert reason is not None
    assert repr(name) in reason


@pytest.mark.parametrize("name", ["dog", "0", "42", "zero", "R&B", "犬", "label", "n", "class of 3", "facade", "mp3"])
def test_a_name_with_a_word_can_be_matched(name: str):
    assert why_wordless(name) is None


def test_the_wordless_ones_are_listed_in_their_order():
    assert wordless(["LABEL_1", "dog", "LABEL_0"]) == ["LABEL_1", "LABEL_0"]


def test_the_class_that_is_written_alike_comes_first():
    assert class_of("dog", ["dogs", "Dog", "dog"]) == "dog"
    assert class_of("DOG", ["dogs", "dog"]) == "dogs"
    assert class_of("three", ["13", "3"]) == "3"
    assert class_of("rain", ["train"]) is None


@pytest.fixture(scope="module")
def normalised():
    """The macro's SQL on a connection that has what dbt is given."""
    macro = Environment().from_string((DBT_PROJECT / "macros" / "names.sql").read_text()).module
    profile = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text())["dagster_and"]["outputs"]["warehouse"]
    with duckdb.connect() as connection:
        for plugin in profile["plugins"]:
            BasePlugin.create(plugin["module"]).configure_connection(connection)
        sql = f"select {macro.normalised_name('name')} from (select $name::varchar as name)"
        yield lambda name: connection.execute(sql, {"name": name}).fetchone()[0]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | WORDS.map("-".join))
def test_sql_and_python_agree_on_names(normalised, name: str):
    assert normalised(name) == name_key(name)


def test_no_name_has_no_key(normalised):
    assert normalised(None) is None
