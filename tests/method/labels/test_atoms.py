"""Atoms of a world of a few clips, by hand."""

import numpy as np
import polars as pl
import pytest

from dagster_and.method.labels.acoustic_cuts import cuts, qualities
from dagster_and.method.labels.atoms import Atoms, atoms_of, truth_of
from dagster_and.method.labels.tables import ATOMS
from dagster_and.method.sound.wording import RULES

PLAIN = {"loudness_dbfs": -25.0, "pitch_hz": None, "brightness_hz": 1500.0, "tonality": 0.4, "events_per_s": 0.0,
         "regularity": 0.0, "attack_ms": 50.0, "steadiness": 0.7}  # fmt: skip


def made(
    labels: list[list[str]], captions: list[str | None], concepts: dict[str, str | None] | None = None, **measured: list
) -> Atoms:
    ids = pl.DataFrame({"clip_id": range(len(labels))})
    rows = [PLAIN | {name: values[i] for name, values in measured.items()} for i in range(len(labels))]
    acoustics = pl.concat([ids, pl.DataFrame(rows, infer_schema_length=None)], how="horizontal")
    acoustics = acoustics.with_columns(pl.exclude("clip_id").cast(pl.Float64))
    named = pl.DataFrame({"concept": list(concepts or {}), "label": list((concepts or {}).values())},
                         schema={"concept": pl.String, "label": pl.String}).with_row_index("concept_id")  # fmt: skip
    clips = ids.with_columns(labels=pl.Series(labels, dtype=pl.List(pl.String)))
    return atoms_of(clips, acoustics, ids.with_columns(caption=pl.Series(captions, dtype=pl.String)), named)


def truth(atoms: Atoms, name: str) -> list[int]:
    return atoms.truth[:, atoms.table["atom"].to_list().index(name)].tolist()


def names(atoms: Atoms) -> dict[str, str]:
    return dict(atoms.table.select("atom", "kind").iter_rows())


def test_all_classes_of_a_clip_hold():
    atoms = made([["dog_bark", "rain"]] * 3 + [["rain"]] * 2 + [["wind"]] * 3, [None] * 8)
    assert names(atoms) == {"dog bark": "label", "rain": "label", "wind": "label"}
    assert truth(atoms, "rain") == [1] * 5 + [0] * 3


def test_an_atom_holds_on_three_clips_and_is_false_on_three():
    atoms = made([["dog"]] * 2 + [["rain"]] * 6, [None] * 8)
    assert names(atoms) == {}
    assert atoms.truth.shape == (8, 0)


def test_words_that_always_come_together_are_one_phrase():
    captions = ["A clock tick, loud."] * 3 + ["A big clock tick."] * 3 + ["A door, loud."] * 4
    atoms = made([["x"]] * 10, captions)
    assert names(atoms) == {"clock tick": "phrase", "loud": "word", "big": "word", "door": "word"}
    assert truth(atoms, "clock tick") == [1] * 6 + [0] * 4


def test_words_that_come_together_now_and_then_stay_two():
    captions = ["A clock tick."] * 4 + ["A clock chimes."] * 4 + ["The tick of a beetle."] * 4
    atoms = made([["x"]] * 12, captions)
    assert {"clock", "tick"} <= set(names(atoms))


def test_words_with_others_between_them_are_no_phrase():
    captions = ["A dog in the distance."] * 5 + ["A cat, purring."] * 5
    assert "phrase" not in names(made([["x"]] * 10, captions)).values()


def test_a_caption_that_is_missing_says_nothing_for_or_against_a_word():
    atoms = made([["x"]] * 8, ["A dog."] * 3 + ["A cat."] * 3 + [None] * 2)
    assert truth(atoms, "dog") == [1, 1, 1, 0, 0, 0, -1, -1]
    assert atoms.table.filter(pl.col("atom") == "dog").row(0, named=True)["known_clips"] == 6


def test_one_truth_is_one_atom_and_a_label_goes_before_a_word_and_that_before_a_cut():
    labels = [["dog_bark"]] * 4 + [["rain"]] * 3 + [["wind"]] * 3
    captions = ["A bark in a garden."] * 4 + ["Drops."] * 3 + ["Drops."] * 3
    atoms = made(labels, captions, steadiness=[0.99] * 7 + [0.5] * 3)
    assert "bark" not in names(atoms)
    assert "steady" in names(atoms)
    assert names(made(labels, ["Smooth."] * 7 + ["Gusty."] * 3, steadiness=[0.99] * 7 + [0.5] * 3))["smooth"] == "word"


def test_a_measured_cut_goes_before_a_word_of_its_name():
    atoms = made([["x"]] * 8, ["It is loud."] * 3 + ["It is faint."] * 5, loudness_dbfs=[-10.0] * 4 + [-40.0] * 4)
    assert names(atoms)["loud"] == "acoustic"
    assert truth(atoms, "loud") == [1] * 4 + [0] * 4


def test_pitch_has_octaves_and_notes_and_is_unknown_where_there_is_none():
    atoms = made([["x"]] * 12, [None] * 12, pitch_hz=[440.0] * 3 + [452.0] + [470.0] * 3 + [1000.0] * 3 + [None] * 2)
    assert truth(atoms, "about 440 Hz (A4)") == [1] * 4 + [0] * 6 + [-1] * 2  # 452 Hz is nearer to A4
    assert truth(atoms, "440 to 880 Hz (A4 to A5)") == [1] * 7 + [0] * 3 + [-1] * 2
    row = atoms.table.filter(pl.col("atom") == "440 to 880 Hz (A4 to A5)").row(0, named=True)
    assert (row["quality"], row["unit"], row["low"], row["high"]) == (
        "pitch_hz",
        "Hz",
        pytest.approx(440),
        pytest.approx(880),
    )


def test_attack_and_rhythm_are_unknown_without_events():
    atoms = made([["x"]] * 9, [None] * 9, attack_ms=[10.0] * 6 + [200.0] * 3, events_per_s=[0.0] * 3 + [2.0] * 6)
    assert truth(atoms, "sharp") == [-1] * 3 + [1] * 3 + [0] * 3


def test_concepts_that_name_no_class_are_matched_in_captions_by_whole_lemmas():
    captions = ["Sea waves on a beach."] * 3 + ["A kitchen."] * 3 + ["A hen."] * 3
    atoms = made([["x"]] * 9, captions, {"sea wave": None, "hen": None, "y": "x"})
    assert names(atoms)["sea wave"] == "concept"
    assert truth(atoms, "hen") == [0] * 6 + [1] * 3


def test_a_word_that_says_nothing_of_a_sound_is_no_atom():
    atoms = made([["x"]] * 6, ["It comes across as a bell."] * 3 + ["A gong."] * 3)
    assert "across" not in names(atoms)


def test_every_rules_word_is_a_cut_with_the_rules_boundaries():
    own = {cut.text: (cut.quality, cut.low, cut.high) for cut in cuts()}
    for rule in RULES:
        ends = [end if np.isfinite(end) else None for end in (rule.low, rule.high)]
        assert own[rule.word] == (rule.quality, *ends)


def test_cuts_lie_where_their_names_say():
    own = {cut.text: (cut.quality, cut.low, cut.high) for cut in cuts()}
    semitone = 2 ** (1 / 12)
    for text, quality, low, high in [
        ("220 to 440 Hz (A3 to A4)", "pitch_hz", 220, 440),
        ("220 to 277 Hz (A3 to C#4)", "pitch_hz", 220, 220 * semitone**4),
        ("about 262 Hz (C4)", "pitch_hz", 440 / semitone**10, 440 / semitone**8),
        ("-12 to -6 dBFS", "loudness_dbfs", -12, -6),
        ("spectral centre of 500 to 1000 Hz", "brightness_hz", 500, 1000),
        ("0.5 to 1 onsets/s", "events_per_s", 0.5, 1),
        ("attack of 5 to 10 ms", "attack_ms", 5, 10),
    ]:
        assert own[text][0] == quality
        assert own[text][1:] == pytest.approx((low, high))
    assert own["over 8 onsets/s"] == ("events_per_s", 8, None)
    assert own["without onsets"][:2] == ("events_per_s", None)
    assert 0 < own["without onsets"][2] < 1e-6


def test_the_truth_of_an_atom_is_read_from_its_row_and_what_is_known_of_the_clips():
    captions = ["A dog."] * 3 + ["A cat."] * 3 + [None] * 3
    atoms = made([["x"]] * 5 + [["y"]] * 4, captions, pitch_hz=[440.0] * 4 + [1000.0] * 3 + [None] * 2,
                 loudness_dbfs=[-10.0] * 5 + [-40.0] * 4)  # fmt: skip
    frame = pl.DataFrame({"clip_id": range(9), "pitch_hz": [440.0] * 4 + [1000.0] * 3 + [None] * 2, **{
        name: [value] * 9 for name, value in PLAIN.items() if name not in ("pitch_hz", "loudness_dbfs")
    }, "loudness_dbfs": [-10.0] * 5 + [-40.0] * 4})  # fmt: skip
    known, measured = np.array([caption is not None for caption in captions]), qualities(frame)
    assert {"label", "word", "acoustic"} <= set(atoms.table["kind"])
    for place, row in enumerate(atoms.table.iter_rows(named=True)):
        assert truth_of(row, known, measured).tolist() == atoms.truth[:, place].tolist(), row["atom"]


def test_cuts_have_names_of_their_own():
    texts = [cut.text for cut in cuts()]
    assert len(set(texts)) == len(texts)


def test_the_table_keeps_its_contract():
    atoms = made([["dog"]] * 4 + [["rain"]] * 4, ["A dog."] * 4 + [None] * 4, loudness_dbfs=[-10.0] * 3 + [-40.0] * 5)
    assert atoms.table.schema == ATOMS.frame_schema
    assert atoms.table["atom_id"].to_list() == list(range(atoms.table.height))
    for column, clips in enumerate(atoms.table["clip_ids"]):
        assert np.flatnonzero(atoms.truth[:, column] == 1).tolist() == clips.to_list()
