"""ESC-50, UrbanSound8K and GTZAN on tiny trees of the same layout, and what is wrong with some of them."""

import os
from pathlib import Path

import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.probing_sets.gtzan import fold_of
from dagster_and.probing_sets.probe import list_files, probe
from tests.probing_sets.tiny_sets import reasons, rows, section

US8K = "metadata/UrbanSound8K.csv"
US8K_HEADER = "slice_file_name,fsID,start,end,salience,fold,classID,class"


def listed(layout: str, root: Path):
    return list_files(section(layout=layout, path=str(root)), root / "cache")


def test_urbansound8k(tmp_path: Path, sound, table):
    sound("audio/fold1/100-0-0-0.wav")
    sound("audio/fold10/200-1-0-0.wav")
    sound("audio/fold10/unnamed.wav")
    table(
        US8K, US8K_HEADER, "200-1-0-0.wav,200,0,0.3,1,10,1,car_horn", "100-0-0-0.wav,100,0,0.3,2,1,0,air_conditioner",
        "gone.wav,9,0,1,1,3,0,siren", "../../../etc/hosts,9,0,1,1,3,0,siren",
    )  # fmt: skip
    listing = listed("urbansound8k", tmp_path)
    assert rows(listing.files) == [
        ("fold1/100-0-0-0.wav", ("air_conditioner",), 1), ("fold10/200-1-0-0.wav", ("car_horn",), 10),
    ]  # fmt: skip
    assert reasons(listing) == {
        "fold3/gone.wav": "missing",
        "fold3/../../../etc/hosts": "outside",
        "fold10/unnamed.wav": "unlabelled",
    }
    clips, _ = probe(listing, 1.0)
    assert clips.select("label", "fold", "is_padded").rows() == [("air_conditioner", 1, True), ("car_horn", 10, True)]
    assert clips["labels"].to_list() == [["air_conditioner"], ["car_horn"]]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["slice_file_name,fold", "a.wav,1"], "lacks the column class"),
        ([US8K_HEADER, "a.wav,1,0,1,1,one,0,siren"], "line 2: fold is 'one'; write a whole number"),
        ([US8K_HEADER, "a.wav,1,0,1,1,1,0,"], "line 2: class must not be empty"),
        ([US8K_HEADER, *["a.wav,1,0,1,1,1,0,siren"] * 2], "line 3: fold1/a.wav stands there twice"),
    ],
)
def test_a_wrong_table_of_urbansound8k_is_refused(tmp_path: Path, sound, table, lines: list[str], message: str):
    sound("audio/fold1/a.wav")
    table(US8K, *lines)
    with pytest.raises(UserError, match=message):
        listed("urbansound8k", tmp_path)


def test_without_its_table_urbansound8k_is_refused(tmp_path: Path):
    with pytest.raises(
        UserError, match=r"There is no .*UrbanSound8K\.csv: probing\.path must be the folder that holds"
    ):
        listed("urbansound8k", tmp_path)


def test_a_table_that_is_no_text_is_refused(tmp_path: Path, sound):
    sound("audio/fold1/a.wav").parent.parent.with_name("metadata").mkdir()
    (tmp_path / US8K).write_bytes(b"\xff\xfe\x00slice")
    with pytest.raises(UserError, match="can't be read as a CSV"):
        listed("urbansound8k", tmp_path)


def test_esc50_rejects_what_the_table_and_the_folder_disagree_on(tmp_path: Path, sound, table):
    for name in ("a.wav", "b.wav", "c.wav"):
        sound(f"audio/{name}")
    table(
        "meta/esc50.csv", "filename,fold,target,category", "b.wav,2,0,dog", "a.wav,1,0,dog", "d.wav,1,1,rain",
        "../a.wav,1,1,rain",
    )  # fmt: skip
    listing = listed("esc50", tmp_path)
    assert rows(listing.files) == [("a.wav", ("dog",), 1), ("b.wav", ("dog",), 2)]
    assert reasons(listing) == {"d.wav": "missing", "../a.wav": "outside", "c.wav": "unlabelled"}


def test_gtzan_and_its_broken_file(tmp_path: Path, sound):
    for name in ("blues/blues.00000.wav", "blues/blues.00019.wav", "blues/blues.00020.wav", "jazz/jazz.00099.wav"):
        sound(f"genres_original/{name}")
    for name in ("jazz/blues.00001.wav", "jazz/take five.wav"):
        sound(f"genres_original/{name}")
    (tmp_path / "genres_original/jazz/jazz.00054.wav").write_bytes(b"not a sound at all" * 50)
    (tmp_path / "genres_original/blues/blues.00001.wav").symlink_to(sound("elsewhere.wav"))
    sound("genres_original/jazz/other.wav").rename(tmp_path / os.fsdecode(b"genres_original/jazz/\xff.wav"))
    listing = listed("gtzan", tmp_path)
    assert rows(listing.files) == [
        ("blues/blues.00000.wav", ("blues",), 1), ("blues/blues.00001.wav", ("blues",), 1),
        ("blues/blues.00019.wav", ("blues",), 1),
        ("blues/blues.00020.wav", ("blues",), 2), ("jazz/jazz.00054.wav", ("jazz",), 3),
        ("jazz/jazz.00099.wav", ("jazz",), 5),
    ]  # fmt: skip
    assert reasons(listing) == {
        "jazz/blues.00001.wav": "unlabelled",
        "jazz/take five.wav": "unlabelled",
        "jazz/\\udcff.wav": "unlabelled",
    }
    clips, rejected = probe(listing, 1.0)
    assert clips.height == 5
    assert rejected.filter(path="jazz/jazz.00054.wav")["reason"].to_list() == ["not_audio"]


def test_gtzans_five_folds_are_of_equal_size():
    assert [sum(fold_of(number) == fold for number in range(100)) for fold in range(1, 6)] == [20] * 5


@pytest.mark.parametrize(("folder", "message"), [("other", "There is no"), ("genres_original/rock", "holds no file")])
def test_a_folder_that_is_not_gtzan_is_refused(tmp_path: Path, folder: str, message: str):
    (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(UserError, match=message):
        listed("gtzan", tmp_path)
