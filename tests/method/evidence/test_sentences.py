"""A neuron's line: by hand, and what holds of any label, second label and evident words."""

import re
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_and.lake.tables import NEURON_LABELS, NEURON_SENTENCES
from dagster_and.method.evidence.fitness import why_unfit
from dagster_and.method.evidence.material import COLUMNS, Material, clarified
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
        (Material("880 to 1760 Hz, not quiet"), "Sounds of 880 to 1760 Hz, not quiet."),
        (Material("0.5 to 1 onsets/s or rain"), "Sounds with 0.5 to 1 onsets/s or rain."),
        (Material("without onsets"), "Sounds without onsets."),
        (Material("rain", "-24 to -18 dBFS"), "Rain; also sounds at -24 to -18 dBFS."),
        (Material("rain", "attack of 0 to 5 ms"), "Rain; also sounds with an attack of 0 to 5 ms."),
        (Material("spectral centre of 500 to 1000 Hz"), "Sounds with a spectral centre of 500 to 1000 Hz."),
        (Material("anything but a siren"), "Anything but a siren."),
        (Material("not a siren, not pitched"), "Not a siren, not pitched."),
        (Material("irregular, high-pitched bird chirp", "siren"), "Irregular, high-pitched bird chirps; also sirens."),
        (Material("muffled"), "Muffled sounds."),
        (Material("muffled or bird chirp"), "Muffled sounds or bird chirps."),
        (Material("muffled or bright, not rain"), "Muffled or bright sounds, not rain."),
        (Material("noisy, spectral centre of 500 to 1000 Hz"), "Noisy sounds, spectral centre of 500 to 1000 Hz."),
        (Material("siren or rain or dog bark"), "Sirens, rain or dog barks."),
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
    told = Material("dog bark or siren", "880 to 1760 Hz", mostly=("clear",), often=("loud",))
    assert RULE.sentence(told) == "Dog barks or sirens; also sounds of 880 to 1760 Hz."
    assert len(RULE.sentence(Material("dog bark", mostly=("clear",), often=("loud",))).split()) <= LONGEST


@pytest.mark.parametrize(
    ("label", "form", "clear"),
    [
        ("rain or wind", "rain OR wind", "rain or wind"),
        ("anything but wind or an engine", "NOT wind AND NOT engine", "anything but wind or an engine"),
        ("anything but wind or loud", "NOT wind OR loud", "anything but wind, or loud"),
        ("wind, not quiet or siren", "(wind AND NOT quiet) OR siren", "wind, not quiet, or siren"),
        ("rain or wind, not quiet", "rain OR (wind AND NOT quiet)", "rain or wind, not quiet"),
        ("sharp, not loud or siren", "(NOT loud OR siren) AND sharp", "sharp, siren or not loud"),
        (
            "anything but rain or a siren or sharp", "(NOT rain AND NOT siren) OR sharp",
            "anything but rain or a siren, or sharp",
        ),
        ("not loud or not clear", "NOT loud OR NOT clear", "not loud, or not clear"),
        ("not loud", None, "not loud"),
    ],
)  # fmt: skip
def test_a_denial_ends_where_that_of_the_form_does(label: str, form: str | None, clear: str):
    assert clarified(label, form) == clear


def test_plurals():
    names = {"bus": "buses", "crying baby": "crying babies", "sea waves": "sea waves", "rain": "rain",
             "brush": "brushes", "children playing": "children playing", "toy": "toys"}  # fmt: skip
    assert {name: plural(name) for name in names} == names


ATOMS = [
    *(spoken(name, "label", None) for name in CLASSES),
    *(spoken(word, "acoustic", "x") for word in ("loud", "quiet", "steady", "intermittent", "muffled", "bright")),
    *(spoken(text, "acoustic", "pitch_hz") for text in ("about 440 Hz (A4)", "220 to 440 Hz")),
    spoken("attack of 5 to 10 ms", "acoustic", "attack_ms"), spoken("without onsets", "acoustic", "events_per_s"),
]  # fmt: skip


@st.composite
def labels_said(draw: st.DrawFn) -> tuple[str, str]:
    """A label as it is read, and its form."""
    places = draw(st.lists(st.integers(0, len(ATOMS) - 1), min_size=1, max_size=3, unique=True))
    denied = tuple(draw(st.booleans()) for _ in places)
    form = Form(tuple(places), denied, tuple(draw(st.booleans()) for _ in places[1:]))
    logic = form.in_logic([atom.text for atom in ATOMS])
    return clarified(phrase(form, ATOMS), logic), logic


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
such to unless with without
"""
LINKS = frozenset(_LINKS.split())


def content(text: str) -> list[str]:
    """Keys of its content words, without a look at the code that is tested."""
    bare = re.sub(r"\([A-G]#?\d\)", "", text).lower()
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
