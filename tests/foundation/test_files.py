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


def test_a_new_folder_gets_its_name_when_it_is_whole(tmp_path: Path):
    place = tmp_path / "deep" / "site"
    with new_folder(place) as folder:
        (folder / "index.html").write_text("whole")
        assert not place.exists()
    assert [path.name for path in place.parent.iterdir()] == ["site"]
    assert (place / "index.html").read_text() == "whole"


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path):
    def half() -> None:
        with new_folder(tmp_path / "site") as folder:
            (folder / "index.html").write_text("half")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half"):
        half()
    assert list(tmp_path.iterdir()) == []


def test_a_new_folder_takes_the_place_of_nothing(tmp_path: Path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mine").touch()
    with pytest.raises(OSError), new_folder(tmp_path / "site"):  # noqa: PT011
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["site", "mine"]
