"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from dagster_and.foundation.files import new_folder, replacing


def test_what_was_written_takes_the_files_place_when_it_is_whole(tmp_path: Path):
    place = tmp_path / "new" / "notes.json"
    for text in ("first", "second"):
        with replacing(place) as temporary:
            temporary.write_text(text)
            assert not place.exists() or place.read_text() == "first"
        assert place.read_text() == text
    assert [path.name for path in place.parent.iterdir()] == ["notes.json"]


def write_half(place: Path) -> None:
    with replacing(place) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError


def test_a_block_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path):
    place = tmp_path / "notes.json"
    place.write_text("before")
    with pytest.raises(ZeroDivisionError):
        write_half(place)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("notes.json", "before")]


def test_a_new_folder_is_whole_or_not_there(tmp_path: Path):
    with new_folder(tmp_path / "deep" / "made") as made:
        (made / "a.txt").write_text("a")
        assert not (tmp_path / "deep" / "made").exists()
    assert (tmp_path / "deep" / "made" / "a.txt").read_text() == "a"
    with pytest.raises(FileNotFoundError), new_folder(tmp_path / "failed") as made:
        (made / "a" / "b.txt").write_text("a")
    with pytest.raises(OSError, match="not empty"), new_folder(tmp_path / "deep" / "made") as made:
        (made / "a.txt").write_text("b")
    assert (tmp_path / "deep" / "made" / "a.txt").read_text() == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
