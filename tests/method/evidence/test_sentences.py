"""A neuron's line: by hand, and what holds of any label, second label and evident words."""

import re
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_and.lake.tables import NEURON_LABELS, NEURON_SENTENCES
from dagster_and.method.evidence.fitness import why_unfit
from dagster_and.method.evidence.material import COLUMNS, Material
from dagster_and.method.evidence.reading import said
from dagster_and.method.evidence.sentences import CAPPED, LONGEST, NO_LABEL, Rule, neuron_sentences, plural
from dagster_and.method.labels.forms import Form
from dagster_and.method.labels.phrase import phrase, spoken
from dagster_and.method.text.names import name_key
from dagster_and.method.text.scales import are_opposite

CLASSES = ["alarm beep", "bird chirp", "dog bark", "door knock", "rain", "siren", "footsteps", "crying baby"]
RULE = Rule(frozenset(CLASSES))


@pytest.mark.parametrize(
    ("material", "sentence"),
    [
        (Material("rain"), "Rain."),
        (Material("siren"), "Sirens."),
        (Material("loud dog bark"), "Loud dog barks."),
        (Material("footsteps with 2 to 4 onsets/s, not quiet"), "Footsteps with 2 to 4 onsets/s, not quiet."),
        (Material("about 2217 Hz (C#7)"), "Sounds of about 2217 Hz (C#7)."),
        (Material("pitch of 880 to 1760 Hz (A5 to A6), not quiet"),
         "Sounds with a pitch of 880 to 1760 Hz (A5 to A6), not quiet."),
        (Material("pitch of 277 to 349 Hz (C#4 to F4) or about 277 Hz (C#4)"),
         "Sounds with a pitch of 277 to 349 Hz (C#4 to F4) or of about 277 Hz (C#4)."),
        (Material("loud or about 440 Hz (A4)"), "Loud sounds or those of about 440 Hz (A4)."),
        (Material("siren at about 440 Hz (A4)"), "Sirens at about 440 Hz (A4)."),
        (Material("rain or anything with 0.5 to 1 onsets/s"), "Rain or anything with 0.5 to 1 onsets/s."),
        (Material("pitch of 55 to 110 Hz (A1 to A2) or pitch of 880 to 1760 Hz (A5 to A6), but not loud"),
         "Sounds with a pitch of 55 to 110 Hz (A1 to A2) or a pitch of 880 to 1760 Hz (A5 to A6), but not loud."),
        (Material("about 440 Hz (A4) or about 880 Hz (A5)"), "Sounds of about 440 Hz (A4) or about 880 Hz (A5)."),
        (Material("siren, anything at about 440 Hz (A4) or attack of 0 to 5 ms"),
         "Sirens, anything at about 440 Hz (A4) or sounds with an attack of 0 to 5 ms."),
        (Material("not intermittent", such_as=("rain",)), "Anything not intermittent, such as rain."),
        (Material("over 8 onsets/s"), "Sounds with over 8 onsets/s."),
        (Material("without onsets"), "Sounds without onsets."),
        (Material("rain", "level of -24 to -18 dBFS"), "Rain; also sounds at a level of -24 to -18 dBFS."),
        (Material("rain", "attack of 0 to 5 ms"), "Rain; also sounds with an attack of 0 to 5 ms."),
        (Material("spectral centre of 500 to 1000 Hz"), "Sounds with a spectral centre of 500 to 1000 Hz."),
        (Material("anything but a siren"), "Anything but a siren."),
        (Material("not a siren, not pitched"), "Not a siren, not pitched."),
        (Material("irregular, high-pitched bird chirp", "siren"), "Irregular, high-pitched bird chirps; also sirens."),
        (Material("muffled"), "Muffled sounds."),
        (Material("loud and steady"), "Loud and steady sounds."),
        (Material("loud, muffled or steady"), "Loud, muffled or steady sounds."),
        (Material("muffled, or steady and loud"), "Muffled, or steady and loud sounds."),
        (Material("muffled, or steady but not loud"), "Muffled, or steady but not loud sounds."),
        (Material("loud or muffled, and steady"), "Loud or muffled, and steady sounds."),
        (Material("loud or steady rain"), "Loud or steady rain."),
        (Material("bird chirp or anything muffled"), "Bird chirps or anything muffled."),
        (Material("rain or anything loud, and steady"), "Rain or anything loud, and steady."),
        (Material("rain, or dog bark but not loud"), "Rain, or dog barks but not loud."),
        (Material("dog bark or siren, but not loud"), "Dog barks or sirens, but not loud."),
        (Material("muffled or bright, but not rain"), "Muffled or bright sounds, but not rain."),
        (Material("noisy with a spectral centre of 500 to 1000 Hz"),
         "Noisy sounds with a spectral centre of 500 to 1000 Hz."),
        (Material("steady at -24 to -18 dBFS"), "Steady sounds at -24 to -18 dBFS."),
        (Material("loud or muffled, at 220 to 440 Hz (A3 to A4)"),
         "Loud or muffled sounds, at 220 to 440 Hz (A3 to A4)."),
        (Material("dog bark, rain or siren"), "Dog barks, rain or sirens."),
        (Material("rain", often=("steady",)), "Rain, often steady."),
        (Material("siren", mostly=("clear", "steady")), "Sirens, mostly clear and steady."),
        (Material("siren", mostly=("clear",), often=("loud",)), "Sirens, mostly clear, often loud."),
        (Material("sharp", such_as=("dog bark",)), "Sharp sounds, such as dog barks."),
        (Material("anything but rain", such_as=("whistle",)), "Anything but rain, such as a whistle."),
        (Material("rain", "not low-pitched"), "Rain; otherwise not low-pitched."),
        (Material("rain", "quiet, not a siren"), "Rain; also quiet sounds, not a siren."),
        (Material("anything but rain", "quiet"), "Anything but rain, unless quiet."),
        (Material("anything but rain", "footsteps"), "Anything but rain; also footsteps."),
        (Material("quiet rain", "loud siren"), "Either quiet rain or loud sirens."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_sentences_by_hand(material: Material, sentence: str):
    assert RULE.sentence(material) == sentence


def test_evident_words_give_way_where_a_sentence_grows_long():
    told = Material("dog bark or siren", "about 880 Hz (A5)", mostly=("clear",), often=("loud",))
    assert RULE.sentence(told) == "Dog barks or sirens; also sounds of about 880 Hz (A5)."
    assert len(RULE.sentence(Material("dog bark", mostly=("clear",), often=("loud",))).split()) <= LONGEST


def test_plurals():
    names = {"bus": "buses", "crying baby": "crying babies", "sea waves": "sea waves", "rain": "rain",
             "brush": "brushes", "children playing": "children playing", "toy": "toys"}  # fmt: skip
    assert {name: plural(name) for name in names} == names


ATOMS = [
    *(spoken(name, "label", None) for name in CLASSES),
    *(spoken(word, "acoustic", "x") for word in ("loud", "quiet", "steady", "intermittent", "muffled", "bright")),
    *(spoken(text, "acoustic", "pitch_hz") for text in ("about 440 Hz (A4)", "220 to 440 Hz (A3 to A4)")),
    spoken("attack of 5 to 10 ms", "acoustic", "attack_ms"), spoken("without onsets", "acoustic", "events_per_s"),
]  # fmt: skip


@st.composite
def labels_said(draw: st.DrawFn) -> tuple[str, Form]:
    """A label and its form."""
    places = draw(st.lists(st.integers(0, len(ATOMS) - 1), min_size=1, max_size=3, unique=True))
    denied = tuple(draw(st.booleans()) for _ in places)
    form = Form(tuple(places), denied, tuple(draw(st.booleans()) for _ in places[1:]))
    return phrase(form, ATOMS), form


@given(labels_said())
def test_a_label_is_read_as_denying_what_its_form_denies(label_and_form: tuple[str, Form]):
    label, form = label_and_form
    meant = {
        (one.key, is_denied)
        for place, is_denied in zip(form.atoms, form.is_denied, strict=True) for one in said(ATOMS[place].text)
        if not one.is_number
    }  # fmt: skip
    assert {(one.key, one.is_denied) for one in said(label) if not one.is_number and one.key not in GLUE} <= meant


@st.composite
def told(draw: st.DrawFn) -> Material:
    """Material as it comes: a second label shares no word with the first, and evident words with neither."""
    label, second = draw(labels_said())[0], draw(st.none() | labels_said().map(lambda said: said[0]))
    words = draw(
        st.lists(st.sampled_from(["sharp", "gradual", "clear", "noisy", "irregular"]), max_size=2, unique=True)
    )
    nouns = draw(st.lists(st.just("whistle"), max_size=1))
    shared = second and set(content(label)) & set(content(second))
    cut = draw(st.integers(0, len(words)))
    return Material(label, None if shared else second, tuple(words[:cut]), tuple(words[cut:]), tuple(nouns))


_LINKS = """
a an about also and anything as at but dbfs either hz mostly ms not of often onset onsets or otherwise s sound sounds
such those to unless with without
"""
LINKS = frozenset(_LINKS.split())
GLUE = frozenset({"pitch", "level", "onset"})
"""What a measure is called where it stands alone, and "without onsets", which denies by itself."""


def content(text: str) -> list[str]:
    """Keys of its content words, without a look at the code that is tested."""
    bare = re.sub(r"\b[A-G]#?\d\b", "", text).lower()
    return [name_key(word) for word in re.findall(r"[a-z]+(?:-[a-z]+)*", bare) if word not in LINKS]


@settings(max_examples=300)
@given(told())
def test_whatever_is_told_the_sentence_says_it_and_nothing_else(material: Material):
    sentence = RULE.sentence(material)
    assert why_unfit(sentence, material) is None
    label, second = content(material.label), content(material.second or "")
    spoken_of = Counter(content(sentence))
    assert set(label) <= spoken_of.keys() <= {*label, *second, *map(name_key, material.evident)}
    assert all(times <= max(1, Counter(label + second)[key]) for key, times in spoken_of.items())
    assert set(re.findall(r"\d+", sentence)) <= set(re.findall(r"\d+", f"{material.label} {material.second}"))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    if " or " not in sentence:
        claimed = re.sub(r"\b(?:not|anything but|without) [^,;.]*", "", sentence.lower())
        words = re.findall(r"[a-z]+(?:-[a-z]+)*", claimed)
        assert not any(are_opposite(one, other) for one in words for other in words)


def labels(rows: dict[int, str | None]) -> pl.DataFrame:
    schema = NEURON_LABELS.frame_schema
    named = [{"neuron_id": n, "mode": 1, "label": label} for n, label in rows.items()]
    return pl.DataFrame(named, schema={name: schema[name] for name in ("neuron_id", "mode", "label")})


def material_of(rows: dict[int, str | None]) -> pl.DataFrame:
    blank = {"second": None, "mostly": [], "often": [], "such_as": []}
    named = [{"neuron_id": n, "label": label} | blank for n, label in rows.items() if label]
    return pl.DataFrame(named, schema=COLUMNS)


def test_without_an_llm_the_rule_writes_every_sentence():
    rows = {0: "rain", 1: None, 2: "siren"}
    table = neuron_sentences(labels(rows), material_of(rows), RULE)
    assert table.schema == NEURON_SENTENCES.frame_schema
    assert table["sentence"].to_list() == ["Rain.", None, "Sirens."]
    assert table["writer"].to_list() == ["rule", None, "rule"]
    assert table["missing_reason"].to_list() == [None, NO_LABEL, None]


def test_an_llm_is_asked_once_for_equal_material_and_only_about_the_chosen():
    rows = {0: "rain", 1: "siren", 2: "rain", 3: "rain", 4: None, 5: "dog bark"}
    asked = []

    def ask(wanted):
        asked.extend(wanted)
        return [("Rain, simply.", "a", None) if one.label == "rain" else (None, "b", "no use") for one in wanted]

    table = neuron_sentences(labels(rows), material_of(rows), RULE, "llm:x", {0, 1, 2, 4}, ask)
    assert [one.label for one in asked] == ["rain", "siren"]
    assert table["sentence"].to_list() == ["Rain, simply.", "Sirens.", "Rain, simply.", "Rain.", None, "Dog barks."]
    assert table["rule_sentence"].to_list() == ["Rain.", "Sirens.", "Rain.", "Rain.", None, "Dog barks."]
    assert table["writer"].to_list() == ["llm:x", "rule", "llm:x", "rule", None, "rule"]
    assert table["answer_id"].to_list() == ["a", "b", "a", None, None, None]
    assert table["missing_reason"].to_list() == [None, "no use", None, CAPPED, NO_LABEL, CAPPED]


def test_nothing_labelled_is_no_sentence():
    table = neuron_sentences(labels({0: None}), material_of({}), RULE)
    assert table.rows() == [(0, None, None, None, None, NO_LABEL)]
