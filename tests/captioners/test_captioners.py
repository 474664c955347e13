"""Every clip in words, or a reason why not; files of captions may be hostile."""

import json
import os
from pathlib import Path

import polars as pl
import pytest

from dagster_and.captioners import open_captioner
from dagster_and.captioners.annotations import AnnotationCaptioner
from dagster_and.captioners.dataset import DatasetCaptioner
from dagster_and.captioners.file import FileCaptioner
from dagster_and.dissection import Captions, load_file
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import CLIP_CAPTIONS

NAMES = ["dog/a.wav", "dog/b.wav", "rain/a.wav", "rain/c.wav"]
CLIPS = pl.DataFrame(
    {
        "clip_id": pl.Series(range(4), dtype=pl.Int32),
        "filename": NAMES,
        "label": ["dog", "dog", "rain", "rain"],
        "sha256": [f"{i:064x}" for i in range(4)],
        "dataset_caption": ["A dog barks.", None, "It rains.", None],
    }
)
LOUD = {
    "loudness_dbfs": -10.0, "pitch_hz": None, "brightness_hz": 1500.0, "tonality": 0.4, "events_per_s": 0.0,
    "regularity": 0.0, "attack_ms": 500.0, "steadiness": 0.5,
}  # fmt: skip
ACOUSTICS = pl.DataFrame([{"clip_id": i, **LOUD} for i in range(4)], schema_overrides={"pitch_hz": pl.Float64})


def write(folder: Path, form: str, pairs: dict[str, object]) -> Path:
    path = folder / f"captions.{form}"
    table = pl.DataFrame({"filename": pairs.keys(), "caption": pairs.values()}, strict=False)
    if form == "json":
        path.write_text(json.dumps(pairs), encoding="utf-8")
    else:
        {"csv": table.write_csv, "parquet": table.write_parquet}[form](path)
    return path


def captioned(path: Path) -> list[tuple[str | None, str | None]]:
    table = FileCaptioner(path).captions(CLIPS, ACOUSTICS)
    return list(table.select("caption", "missing_reason").iter_rows())


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_a_file_in_every_form_with_or_without_folders(tmp_path: Path, form: str):
    texts = {"dog/a.wav": "A dög, “barking”.", "b.wav": "Another dog.", "c.wav": "  ", "rain/a.wav": "Two\nlines\x00."}
    path = write(tmp_path, form, texts if form != "csv" else texts | {"rain/a.wav": "Two\nlines."})
    assert captioned(path) == [
        ("A dög, “barking”.", None),
        ("Another dog.", None),
        ("Two lines .", None) if form != "csv" else ("Two lines.", None),
        (None, f"captions.{form} holds an empty text for this clip."),
    ]


def test_a_missing_caption_is_a_row_with_a_reason(tmp_path: Path):
    path = write(tmp_path, "json", {"dog/a.wav": "A dog.", "dog/b.wav": None, "rain/a.wav": 7})
    assert captioned(path) == [
        ("A dog.", None),
        (None, "captions.json holds no text for this clip."),
        (None, "captions.json holds no text for this clip."),
        (None, "captions.json does not name this clip."),
    ]


def test_a_base_name_that_two_clips_share_names_neither(tmp_path: Path):
    path = write(tmp_path, "json", {"a.wav": "Which one?", "b.wav": "B."})
    assert [text for text, _ in captioned(path)] == [None, "B.", None, None]


def test_every_captioner_keeps_the_tables_contract(tmp_path: Path):
    captioners = [
        DatasetCaptioner(), AnnotationCaptioner(), FileCaptioner(write(tmp_path, "json", {"b.wav": "B."})),
    ]  # fmt: skip
    for captioner in captioners:
        table = captioner.captions(CLIPS, ACOUSTICS)
        assert Lake(tmp_path / "lake").write(CLIP_CAPTIONS, captioner.name, table, Stamp("", {})) == 4
        assert (table["caption"].is_null() == table["missing_reason"].is_not_null()).all()
        assert table["captioner"].unique().to_list() == [captioner.name]


def test_the_datasets_own_captions():
    table = DatasetCaptioner().captions(CLIPS, ACOUSTICS)
    assert table["caption"].to_list() == ["A dog barks.", None, "It rains.", None]
    assert table["missing_reason"].to_list() == [None, "The dataset has no caption for this clip."] * 2


def test_annotations_say_the_label_and_what_stands_out_and_hang_on_the_clip_alone():
    table = AnnotationCaptioner().captions(CLIPS, ACOUSTICS)
    assert all("loud" in text for text in table["caption"])
    assert ["a dog" in text for text in table["caption"]] == [True, True, False, False]
    backwards = AnnotationCaptioner().captions(CLIPS.reverse(), ACOUSTICS.reverse())
    assert backwards.reverse().equals(table)


def test_a_label_in_digits_is_said_as_a_number_and_camel_case_in_words():
    clips = CLIPS.with_columns(label=pl.Series(["3", "3", "carHorn", "21"]))
    said = AnnotationCaptioner().captions(clips, ACOUSTICS)["caption"].to_list()
    for caption, noun in zip(
        said, ["a number three", "a number three", "a car Horn", "a number twenty-one"], strict=True
    ):
        assert noun in caption


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.json", b"", "can't be read"),
        ("c.json", b"[1, 2]", "is not a JSON object"),
        ("c.json", b'["a.wav", "text"]', "is not a JSON object"),
        ("c.json", b"[]", "is empty"),
        ("c.json", b'"text"', "is not a JSON object"),
        ("c.json", b"3", "is not a JSON object"),
        ("c.json", b"{}", "is empty"),
        ("c.json", b'{"a.wav": "one"', "can't be read"),
        ("c.json", b'{"a.wav": "one", "a.wav": "two"}', "names 'a.wav' twice with different texts"),
        ("c.json", b'{"b.wav": {"text": "one"}}', "has no caption for any of 4 clips, such as 'dog/a.wav'"),
        ("c.json", "{'für.wav': 'x'}".encode("latin-1"), "can't be read"),
        ("c.json", b"[" * 100_000, "can't be read"),
        ("c.csv", b"", "can't be read"),
        ("c.csv", b"name,text\na.wav,x", "has the columns name, text"),
        ("c.csv", b"filename,caption\n", "is empty"),
        ("c.csv", b"filename,caption\n,A dog.\n", "has no caption for any of 4 clips"),
        ("c.csv", b"\xff\xfe\x00\x1b[31m", "has the columns"),
        ("c.parquet", b"PAR1", "can't be read"),
        ("c.txt", b"a.wav: x", "has an unknown suffix"),
        ("c.json", b'{"other.wav": "x"}', "has no caption for any of 4 clips"),
    ],
)
def test_files_of_another_form_are_refused_in_one_line(tmp_path: Path, name: str, content: bytes, message: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        captioned(tmp_path / name)
    assert not set(str(caught.value)) & set("\n\x00\x1b")


def test_texts_that_look_like_numbers_or_hold_half_a_character_are_texts(tmp_path: Path):
    (tmp_path / "c.csv").write_text("filename,caption\nb.wav,12\nc.wav,true\n")
    assert [text for text, _ in captioned(tmp_path / "c.csv")] == [None, "12", None, "true"]
    (tmp_path / "c.json").write_text('{"b.wav": "a \\ud800 dog"}')
    assert captioned(tmp_path / "c.json")[1] == ("a \ufffd dog", None)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="No such file or directory"):
        FileCaptioner(tmp_path / "none.json")
    with pytest.raises(UserError, match="Is a directory"):
        FileCaptioner(tmp_path)
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(UserError, match="It is no plain file"):
        FileCaptioner(tmp_path / "pipe.json")


def test_a_column_of_file_names_that_are_no_texts_is_refused(tmp_path: Path):
    pl.DataFrame({"filename": [["a.wav"]], "caption": ["A dog."]}).write_parquet(tmp_path / "c.parquet")
    with pytest.raises(UserError, match=r"has List\(String\) in the column filename, not texts"):
        FileCaptioner(tmp_path / "c.parquet")


def test_a_changed_file_has_another_fingerprint(tmp_path: Path):
    before = FileCaptioner(write(tmp_path, "json", {"b.wav": "B."})).fingerprint
    after = FileCaptioner(write(tmp_path, "json", {"b.wav": "C."})).fingerprint
    assert before != after


def test_the_dissection_names_its_captioner(tmp_path: Path):
    write(tmp_path, "csv", {"b.wav": "B."})
    demo = load_file(REPOSITORY / "dissections" / "ast-demo.yaml")
    for section, kind in (
        (Captions(captioner="dataset"), DatasetCaptioner),
        (Captions(captioner="annotations"), AnnotationCaptioner),
        (Captions(captioner="file", path="captions.csv"), FileCaptioner),
    ):
        dissection = demo.model_copy(update={"captions": section, "folder": tmp_path})
        assert isinstance(open_captioner(dissection, Home(tmp_path)), kind)
