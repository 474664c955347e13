"""ESC-50's layout and a folder per class: what is listed, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dagster_and.foundation.errors import UserError
from dagster_and.probing_sets import esc50, folder
from dagster_and.probing_sets.listing import Listing
from dagster_and.probing_sets.probe import probe


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def esc(root: Path, *rows: str, header: str = "filename,fold,target,category") -> Path:
    (root / "meta").mkdir(parents=True)
    (root / "audio").mkdir()
    (root / "meta" / "esc50.csv").write_text("\n".join([header, *rows]) + "\n")
    return root


def facts(listing: Listing) -> list[tuple[str, str, int | None]]:
    return [(file.filename, file.label, file.fold) for file in listing.files]


def reasons(listing: Listing) -> dict[str, str]:
    return {unusable.path: unusable.reason for unusable in listing.rejected}


def test_esc50_lists_what_the_table_names_in_order_of_name(tmp_path: Path):
    root = esc(tmp_path, "2-b.ogg,2,1,crying_baby", "1-a.wav,1,0,dog")
    touch(root / "audio" / "1-a.wav", root / "audio" / "2-b.ogg")
    listing = esc50.list_files(root)
    assert facts(listing) == [("1-a.wav", "dog", 1), ("2-b.ogg", "crying_baby", 2)]
    assert listing.rejected == ()


def test_esc50_rejects_what_is_missing_outside_or_unlabelled_and_keeps_the_rest(tmp_path: Path):
    outside = tmp_path / "secret.wav"
    touch(outside)
    long = "n" * 300 + ".wav"
    root = esc(
        tmp_path / "set", "good.wav,1,0,dog", "gone.wav,1,0,dog", "../../secret.wav,1,0,dog",
        f"{outside},1,0,dog", "link.wav,1,0,dog", "loop.wav,1,0,dog", f"{long},1,0,dog",
    )  # fmt: skip
    touch(root / "audio" / "good.wav", root / "audio" / "extra.wav", root / "audio" / "notes.txt")
    (root / "audio" / "link.wav").symlink_to(outside)
    (root / "audio" / "loop.wav").symlink_to("loop.wav")
    listing = esc50.list_files(root)
    # a link is the user's own; reading will say what the loop is
    assert [file.filename for file in listing.files] == ["good.wav", "link.wav", "loop.wav"]
    assert reasons(listing) == {
        "gone.wav": "missing", "../../secret.wav": "outside", str(outside): "outside",
        long: "missing", "extra.wav": "unlabelled",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (["a.wav,1,dog"], "filename,fold,class", "lacks the column category"),
        ([], "", "lacks the column filename"),
        (["a.wav,one,0,dog"], None, "line 2: fold is 'one'; write a whole number"),
        (["a.wav,,0,dog"], None, "fold is ''"),
        (["a.wav,-3,0,dog"], None, "fold is '-3'"),
        (["a.wav,99999999999,0,dog"], None, "fold is '99999999999'"),
        (["a.wav"], None, "line 2: category must not be empty"),
        (["a.wav,1,0, "], None, "line 2: category must not be empty"),
        (["a.wav,1,0,dog", "a.wav,2,0,rain"], None, "line 3: a.wav stands there twice"),
        (["gone.wav,1,0,dog", "gone.wav,1,0,dog"], None, "line 3: gone.wav stands there twice"),
        (["a\0.wav,1,0,dog"], None, "zero byte"),
    ],
)
def test_esc50_refuses_a_wrong_table_by_line(tmp_path: Path, rows: list[str], header: str | None, message: str):
    root = esc(tmp_path, *rows, header="filename,fold,target,category" if header is None else header)
    touch(root / "audio" / "a.wav")
    with pytest.raises(UserError, match=message) as caught:
        esc50.list_files(root)
    assert "\n" not in str(caught.value)


def test_esc50_refuses_a_folder_of_another_layout(tmp_path: Path):
    with pytest.raises(UserError, match="write `layout: folder`"):
        esc50.list_files(tmp_path)
    root = esc(tmp_path)
    (root / "meta" / "esc50.csv").write_bytes("filename,fold,category\nfür.wav,1,dog".encode("latin-1"))
    with pytest.raises(UserError, match="save it as UTF-8"):
        esc50.list_files(root)


def test_a_folder_a_class_with_or_without_folds(tmp_path: Path):
    touch(
        tmp_path / "dog" / "b.FLAC", tmp_path / "dog" / "deep" / "a.wav", tmp_path / "fold2" / "rain" / "c.mp3",
        tmp_path / "Fold_10" / "rain" / "d.ogg", tmp_path / "folder" / "e.wav",
        tmp_path / "dog" / "notes.txt", tmp_path / "dog" / ".hidden.wav", tmp_path / ".git" / "x" / "f.wav",
    )  # fmt: skip
    listing = folder.list_files(tmp_path)
    assert facts(listing) == [
        ("Fold_10/rain/d.ogg", "rain", 10), ("dog/b.FLAC", "dog", None), ("dog/deep/a.wav", "dog", None),
        ("fold2/rain/c.mp3", "rain", 2), ("folder/e.wav", "folder", None),
    ]  # fmt: skip
    assert listing.rejected == ()


def test_folds_are_made_of_neighbours_class_by_class(tmp_path: Path):
    touch(*(tmp_path / "dog" / f"{number}.wav" for number in range(7)), tmp_path / "cat" / "a.wav")
    assert facts(folder.list_files(tmp_path, folds=3)) == [
        ("cat/a.wav", "cat", 1), ("dog/0.wav", "dog", 1), ("dog/1.wav", "dog", 1), ("dog/2.wav", "dog", 1),
        ("dog/3.wav", "dog", 2), ("dog/4.wav", "dog", 2), ("dog/5.wav", "dog", 3), ("dog/6.wav", "dog", 3),
    ]  # fmt: skip


def test_no_folds_are_made_where_there_are_some(tmp_path: Path):
    touch(tmp_path / "dog" / "a.wav", tmp_path / "fold2" / "dog" / "b.wav")
    with pytest.raises(UserError, match=r"probing\.folds is 5, but .* has folds of its own \(fold2\): leave"):
        folder.list_files(tmp_path, folds=5)


def test_a_folder_rejects_what_has_no_class_and_keeps_the_rest(tmp_path: Path):
    elsewhere, root = tmp_path / "elsewhere.wav", tmp_path / "set"
    touch(elsewhere, root / "dog" / "good.wav", root / "stray.wav", root / "fold1" / "stray.wav")
    (root / "dog" / "link.wav").symlink_to(elsewhere)
    (root / "dog" / "loop.wav").symlink_to("loop.wav")
    (root / "dog" / "again").symlink_to(root)  # a folder that holds itself is not walked
    touch(Path(os.fsdecode(os.fsencode(root) + b"/dog/f\xfcr.wav")))
    listing = folder.list_files(root)
    assert [file.filename for file in listing.files] == ["dog/good.wav", "dog/link.wav", "dog/loop.wav"]
    assert reasons(listing) == {
        "stray.wav": "unlabelled", "fold1/stray.wav": "unlabelled", "dog/again": "not_audio",
        "dog/f\\udcfcr.wav": "unlabelled",
    }  # fmt: skip


def test_classes_and_files_that_are_links_into_other_folders_are_followed(tmp_path: Path):
    store, root = tmp_path / "store", tmp_path / "set"
    touch(store / "barks" / "a.wav", store / "barks" / "deep" / "b.wav", store / "c.wav")
    (root / "fold1").mkdir(parents=True)
    (root / "fold1" / "dog").symlink_to(store / "barks")
    (root / "fold2").symlink_to(root / "fold1")
    (root / "rain").mkdir()
    (root / "rain" / "c.wav").symlink_to(store / "c.wav")
    listing = folder.list_files(root)
    assert facts(listing) == [
        ("fold1/dog/a.wav", "dog", 1), ("fold1/dog/deep/b.wav", "dog", 1), ("fold2/dog/a.wav", "dog", 2),
        ("fold2/dog/deep/b.wav", "dog", 2), ("rain/c.wav", "rain", None),
    ]  # fmt: skip
    assert listing.rejected == ()


def test_links_that_loop_and_links_to_special_files_are_refused(tmp_path: Path):
    root = tmp_path / "set"
    soundfile.write(sound := tmp_path / "sound.wav", np.random.default_rng(0).normal(0, 0.1, 16000), 16000)
    for folder_of_loop, end in {"dog": root / "rain", "rain": root / "dog"}.items():  # each holds the other
        (root / folder_of_loop).mkdir(parents=True)
        (root / folder_of_loop / "other").symlink_to(end)
    os.mkfifo(tmp_path / "pipe")
    ends = {"good": sound, "device": Path("/dev/zero"), "pipe": tmp_path / "pipe", "gone": tmp_path / "none"}
    for name, end in ends.items():
        (root / "dog" / f"{name}.wav").symlink_to(end)
    listing = folder.list_files(root)
    assert reasons(listing) == {"dog/other/other": "not_audio", "rain/other/other": "not_audio"}
    clips, rejected = probe(listing, 0.5)
    assert clips["filename"].to_list() == ["dog/good.wav", "rain/other/good.wav"]
    found = dict(rejected.select("path", "reason").iter_rows())
    assert {name: found[f"dog/{name}.wav"] for name in ("device", "pipe", "gone")} == {
        "device": "not_audio", "pipe": "not_audio", "gone": "missing",
    }  # fmt: skip


@pytest.mark.parametrize("names", [[], ["stray.wav"], ["dog/notes.txt"], ["fold1/stray.wav"]])
def test_a_folder_without_a_class_is_refused(tmp_path: Path, names: list[str]):
    touch(*(tmp_path / name for name in names))
    with pytest.raises(UserError, match="put each class into a folder"):
        folder.list_files(tmp_path)
