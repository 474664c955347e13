"""What is told of a neuron beside its label, on a small set of sounds whose truth is known."""

import polars as pl

from dagster_and.lake.tables import ATOMS, CLIP_ACOUSTICS, EVIDENT_WORDS, NEURON_LABELS
from dagster_and.method.evidence.material import COLUMNS, Material, materials, part_of_speech
from dagster_and.method.evidence.sentences import of_rows

DOGS, RAIN, SIRENS = range(10), range(10, 20), range(20, 30)
SHARP = [*DOGS, *range(20, 23)]
LOUD = [*range(6), *range(20, 30)]
CAPTIONS: list[str | None] = [
    " ".join(
        ["A dog barks." if clip in DOGS else "It is rain." if clip in RAIN else "A siren wails."]
        + ["It is sharp."] * (clip in SHARP) + ["It is loud."] * (clip in LOUD)
    )
    for clip in range(30)
]  # fmt: skip


def table(contract, rows: list[dict]) -> pl.DataFrame:
    schema = contract.frame_schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


ATOM_ROWS = table(ATOMS, [
    {"atom_id": i, "atom": atom, "kind": kind, "clip_ids": list(clips), "clips": len(clips), "known_clips": 30,
     "quality": "pitch_hz"} | ({"known_clips": 20} if atom == "low-pitched" else {})
    for i, (atom, kind, clips) in enumerate([
        ("dog bark", "label", DOGS), ("rain", "label", RAIN), ("siren", "label", SIRENS), ("sharp", "acoustic", SHARP),
        ("loud", "acoustic", LOUD), ("quiet", "acoustic", [15]), ("880 to 1760 Hz (A5 to A6)", "acoustic", SIRENS),
        ("low-pitched", "acoustic", DOGS),
    ])
])  # fmt: skip
ACOUSTICS = table(
    CLIP_ACOUSTICS, [{"clip_id": clip, "pitch_hz": None if clip in RAIN else 880.0} for clip in range(30)]
)


def told(
    label: str, form: str, ids: list[int], words: dict[str, float], second: tuple[str, str, list[int]] | None = None
) -> Material:
    said = [(1, label, form, ids), *([(2, *second)] if second else [])]
    rows = [{"neuron_id": 0, "mode": m, "label": text, "form": f, "atom_ids": i} for m, text, f, i in said]
    found = [
        {"neuron_id": 0, "rank": rank, "word": word, "auroc": auroc}
        for rank, (word, auroc) in enumerate(words.items(), start=1)
    ]
    frame = materials(table(NEURON_LABELS, rows), table(EVIDENT_WORDS, found), ATOM_ROWS, CAPTIONS, ACOUSTICS)
    assert frame.schema == COLUMNS
    (material,) = of_rows(frame)
    return material


def test_an_adjective_is_said_by_how_many_of_the_labels_clips_it_holds_on():
    assert told("dog bark", "dog bark", [0], {"sharp": 0.9, "loud": 0.9}) == Material(
        "dog bark", mostly=("sharp",), often=("loud",)
    )
    assert told("rain", "rain", [1], {"sharp": 0.9, "loud": 0.9}) == Material("rain")


def test_what_the_label_holds_no_more_often_than_the_rest_is_left_out():
    """Loud on 6 of 10 dog barks and on 10 of the 20 others: often; on 6 of 20 without sirens against all ten: not."""
    assert told("anything but a siren", "NOT siren", [2], {"loud": 0.9}) == Material("anything but a siren")


def test_a_noun_is_an_example_of_a_label_that_names_none():
    assert told("sharp", "sharp", [3], {"bark": 0.9, "siren": 0.9}) == Material("sharp", such_as=("dog bark",))
    assert told("anything but rain", "NOT rain", [1], {"dog": 0.9}) == Material(
        "anything but rain", such_as=("dog bark",)
    )
    assert told("rain", "rain", [1], {"dog": 0.9}) == Material("rain")
    assert told("sharp or loud", "sharp OR loud", [3, 4], {"dog": 0.9}) == Material("sharp or loud")


def test_what_is_not_known_of_a_clip_is_not_denied_of_it():
    """Rain has no pitch: it is neither low-pitched nor not."""
    assert told("not low-pitched", "NOT low-pitched", [7], {"rain": 0.9, "siren": 0.9}) == Material(
        "not low-pitched", such_as=("siren",)
    )


def test_a_weak_word_what_is_said_and_what_stands_on_its_scale_are_left_out():
    assert told("dog bark", "dog bark", [0], {"sharp": 0.69}) == Material("dog bark")
    assert told("sharp dog bark", "sharp AND dog bark", [3, 0], {"sharp": 0.9, "bark": 0.9}) == Material(
        "sharp dog bark"
    )
    assert told("dog bark, not quiet", "dog bark AND NOT quiet", [0, 5], {"loud": 0.9}) == Material(
        "dog bark, not quiet"
    )
    assert told("dog bark at -20 dBFS", "dog bark", [0], {"loud": 0.9}).often == ()


def test_a_second_label_that_says_a_word_again_is_left_out():
    assert told("loud siren", "loud AND siren", [4, 2], {}, ("loud rain", "loud AND rain", [4, 1])).second is None
    second = ("siren, or rain but not loud", "(rain AND NOT loud) OR siren", [1, 4, 2])
    assert told("dog bark", "dog bark", [0], {}, second).second == "siren, or rain but not loud"


def test_clips_without_a_caption_hold_no_word():
    words = table(EVIDENT_WORDS, [{"neuron_id": 0, "rank": 1, "word": "sharp", "auroc": 0.9}])
    rows = table(NEURON_LABELS, [{"neuron_id": 0, "mode": 1, "label": "dog bark", "form": "dog bark", "atom_ids": [0]}])
    silent = [None if clip in range(6) else caption for clip, caption in enumerate(CAPTIONS)]
    assert of_rows(materials(rows, words, ATOM_ROWS, silent, ACOUSTICS)) == [Material("dog bark")]
    assert of_rows(materials(rows, words.head(0), ATOM_ROWS, [None] * 30, ACOUSTICS.head(0))) == [Material("dog bark")]


def test_parts_of_speech_that_a_sentence_takes():
    assert [part_of_speech(word) for word in ("muffled", "high-pitched", "whistle", "loudly")] == [
        "adjective", "adjective", "noun", None,
    ]  # fmt: skip
