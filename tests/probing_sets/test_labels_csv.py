"""Several labels a clip: from the CSV to the table, to the concept set."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from dagster_and.dissection import Dissection, concept_words
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.probing_sets.probe import fingerprint, list_files, probe
from tests.probing_sets.tiny_sets import reasons, rows, section

FSD50K = {"layout": "csv", "table": "ground_truth/dev.csv", "audio": "dev_audio", "filename_column": "fname",
          "suffix": ".wav"}  # fmt: skip
LINES = ["fname,labels,mids,split", '64760,"Electric_guitar, Guitar,Music,Guitar",/m/1,train', "16399,Rain,/m/2,val"]


def test_fsd50k_layout(tmp_path: Path, sound, table):
    for name in ("64760", "16399", "5", "6"):
        sound(f"dev_audio/{name}.wav")
    table("ground_truth/dev.csv", *LINES, "5,,/m/3,train", "7,Bark,/m/3,train", "../ground_truth/dev.csv,Bark,,train")
    listing = list_files(section(path=str(tmp_path), **FSD50K), tmp_path / "cache")
    assert rows(listing.files) == [
        ("16399.wav", ("Rain",), None), ("64760.wav", ("Electric_guitar", "Guitar", "Music"), None),
    ]  # fmt: skip
    assert reasons(listing) == {
        "5.wav": "unlabelled", "6.wav": "unlabelled", "7.wav": "missing", "../ground_truth/dev.csv.wav": "outside",
    }  # fmt: skip
    clips, _ = probe(listing, 1.0)
    assert clips["label"].to_list() == ["Rain", "Electric_guitar"]
    assert clips["labels"].to_list() == [["Rain"], ["Electric_guitar", "Guitar", "Music"]]
    other = {"captions": {"captioner": "annotations"}, "target": {"family": "embedded_ast"}}
    dissection = Dissection.model_validate({"name": "t", "probing": {"path": str(tmp_path), **FSD50K}, **other})
    assert concept_words(dissection, clips["labels"].explode().to_list()) == [
        "Electric guitar", "Guitar", "Music", "Rain",
    ]  # fmt: skip


def test_folds_and_separator_are_settings(tmp_path: Path, sound, table):
    sound("a.wav")
    table("t.csv", "file;x,tags,part", "a.wav,dog|bark,3")
    settings = {"filename_column": "file;x", "labels_column": "tags", "separator": "|", "fold_column": "part"}
    listing = list_files(section(layout="csv", path=str(tmp_path), table="t.csv", **settings), tmp_path / "cache")
    assert rows(listing.files) == [("a.wav", ("dog", "bark"), 3)]


def test_a_changed_second_label_is_seen(tmp_path: Path, sound, table):
    sound("a.wav")
    keys = []
    for labels in ("dog,bark", "dog,growl"):
        table("t.csv", "filename,labels", f'a.wav,"{labels}"')
        listing = list_files(section(layout="csv", path=str(tmp_path), table="t.csv"), tmp_path)
        keys.append(fingerprint(listing, Home(tmp_path / "home")))
    assert keys[0] != keys[1]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["fname,tags", "1,Rain"], "lacks the column labels; name its columns by probing.filename_column"),
        ([*LINES, "16399,Rain,/m/2,val"], "line 4: 16399.wav stands there twice"),
        ([*LINES, ",Rain,/m/2,val"], "line 4: fname must not be empty"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, table, lines: list[str], message: str):
    table("ground_truth/dev.csv", *lines)
    with pytest.raises(UserError, match=message):
        list_files(section(path=str(tmp_path), **FSD50K), tmp_path)


@pytest.mark.parametrize("path", ["../other.csv", "/etc/passwd", "a/../../b.csv"])
def test_a_table_outside_the_set_is_refused(path: str):
    with pytest.raises(ValidationError, match="leaves the set's folder"):
        section(layout="csv", path="/sounds", table=path)
