"""Forms in words: examples, and what holds of any form of any atoms."""

import re

from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.labels.forms import Form
from dagster_and.method.labels.phrase import ADJECTIVES, LINKS, Spoken, phrase, spoken
from dagster_and.method.text.names import name_in_words
from dagster_and.method.text.scales import are_opposite

ATOMS = [
    spoken("bird chirp", "label", None), spoken("high-pitched", "acoustic", "pitch_hz"),
    spoken("alarm beep", "label", None), spoken("dog bark", "label", None), spoken("loud", "acoustic", "loudness_dbfs"),
    spoken("steady", "acoustic", "steadiness"), spoken("about 440 Hz (A4)", "acoustic", "pitch_hz"),
    spoken("door knock", "label", None), spoken("quiet", "acoustic", "loudness_dbfs"),
    spoken("bird song", "phrase", None), spoken("rain", "label", None),
    spoken("attack of 5 to 10 ms", "acoustic", "attack_ms"), spoken("without onsets", "acoustic", "events_per_s"),
    spoken("muffled", "word", None), spoken("220 to 440 Hz (A3 to A4)", "acoustic", "pitch_hz"),
    spoken("-24 to -18 dBFS", "acoustic", "loudness_dbfs"), spoken("gloomy", "word", None),
    spoken("spectral centre of 250 to 500 Hz", "acoustic", "brightness_hz"),
]  # fmt: skip
PLACES = {atom.text: place for place, atom in enumerate(ATOMS)}


def said(*names: str, ops: str = "") -> str:
    """Of names, "not" before a denied one; ops: & and |."""
    atoms = tuple(PLACES[name.removeprefix("not ")] for name in names)
    return phrase(Form(atoms, tuple(name.startswith("not ") for name in names), tuple(op == "|" for op in ops)), ATOMS)


def test_phrases_by_hand():
    assert said("bird chirp", "high-pitched", ops="&") == "high-pitched bird chirp"
    assert said("alarm beep", "dog bark", ops="|") == "alarm beep or dog bark"
    assert said("loud", "not steady", ops="&") == "loud, not steady"
    assert said("about 440 Hz (A4)") == "about 440 Hz (A4)"
    assert said("not door knock") == "anything but a door knock"
    assert said("not loud") == "not loud"
    assert said("not door knock", "not rain", ops="&") == "anything but a door knock or rain"
    assert said("dog bark", "muffled", "not rain", ops="&&") == "muffled dog bark, not rain"
    assert said("alarm beep", "220 to 440 Hz (A3 to A4)", ops="&") == "alarm beep at 220 to 440 Hz (A3 to A4)"
    assert said("220 to 440 Hz (A3 to A4)") == "pitch of 220 to 440 Hz (A3 to A4)"
    assert said("-24 to -18 dBFS", "spectral centre of 250 to 500 Hz", ops="&") == (
        "level of -24 to -18 dBFS with a spectral centre of 250 to 500 Hz"
    )
    assert said("steady", "-24 to -18 dBFS", ops="&") == "steady at -24 to -18 dBFS"
    assert said("dog bark", "attack of 5 to 10 ms", ops="&") == "dog bark with an attack of 5 to 10 ms"
    assert said("rain", "without onsets", ops="&") == "rain without onsets"
    assert said("alarm beep", "dog bark", "loud", ops="|&") == "loud alarm beep or dog bark"
    assert said("alarm beep", "dog bark", "rain", ops="||") == "alarm beep, dog bark or rain"
    assert said("not muffled", "not rain", ops="&") == "not muffled, not rain"


def test_what_belongs_together_can_be_told():
    assert said("alarm beep", "dog bark", "not loud", ops="|&") == "alarm beep or dog bark, but not loud"
    assert said("dog bark", "not loud", "alarm beep", ops="&|") == "alarm beep, or dog bark but not loud"
    assert said("alarm beep", "loud", "rain", ops="&|") == "rain or loud alarm beep"
    assert (
        said("alarm beep", "dog bark", "about 440 Hz (A4)", ops="|&") == "alarm beep or dog bark, at about 440 Hz (A4)"
    )
    assert said("loud", "steady", "rain", ops="|&") == "loud or steady rain"
    assert said("loud", "steady", "rain", ops="&|") == "rain or anything loud and steady"
    assert said("loud", "rain", "steady", ops="|&") == "rain or anything loud, and steady"
    assert said("loud", "rain", ops="|") == "rain or anything loud"
    assert said("about 440 Hz (A4)", "rain", ops="|") == "rain or anything at about 440 Hz (A4)"
    assert said("loud", "muffled", ops="|") == "loud or muffled"
    assert said("steady", "loud", "muffled", ops="&|") == "muffled, or steady and loud"


def test_a_word_that_was_said_is_left_out():
    assert said("bird chirp", "bird song", ops="|") == "bird chirp or song"
    assert said("bird chirp", "not bird song", ops="&") == "bird chirp, not a song"


def test_opposites_stand_together_only_with_or():
    assert said("loud", "not quiet", ops="&") == "loud"
    assert said("loud", "quiet", "rain", ops="|&") == "loud or quiet rain"


GLUE = {"or", "not", "with", "at", "anything", "but", "pitch", "level"}
texts = st.one_of(
    st.sampled_from([atom.text for atom in ATOMS] + sorted(ADJECTIVES)),
    st.text(min_size=1, max_size=12).map(name_in_words).filter(str.strip),
)
atoms = st.builds(
    spoken, texts, st.sampled_from(["label", "concept", "word", "phrase", "acoustic"]),
    st.sampled_from(["pitch_hz", "loudness_dbfs", "attack_ms", None]),
)  # fmt: skip
forms = st.integers(1, 3).flatmap(
    lambda n: st.tuples(
        st.lists(atoms, min_size=n, max_size=n), st.lists(st.booleans(), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n - 1, max_size=n - 1),
    )
)  # fmt: skip


def words(text: str) -> list[str]:
    glue = LINKS | GLUE
    bare = [re.sub(r"^[^\w#]+|[^\w#]+$", "", token.casefold()) for token in text.split()]
    return [word for word in bare if word and word not in glue and not word[0].isdigit()]


@given(forms)
def test_any_form_gets_a_phrase_and_no_word_stands_twice(form: tuple[list[Spoken], list[bool], list[bool]]):
    own, denied, ops = form
    text = phrase(Form(tuple(range(len(own))), tuple(denied), tuple(ops)), own)
    assert text.strip()
    glue_inside = any(set(words(atom.text)) & GLUE for atom in own)
    assert glue_inside or len(set(words(text))) == len(words(text))


@given(forms)
def test_without_or_nothing_is_claimed_with_its_opposite(form: tuple[list[Spoken], list[bool], list[bool]]):
    own, denied, _ = form
    text = phrase(Form(tuple(range(len(own))), tuple(denied), (False,) * (len(own) - 1)), own)
    claimed = words(text.split(", not ")[0].removeprefix("not ").removeprefix("anything but "))
    assert not any(are_opposite(word, other) for word in claimed for other in claimed)
