"""The cache is kept small by whole files, those first that were used longest ago."""

import os
from pathlib import Path

import pytest

from dagster_and.foundation.cache import KINDS, LIMIT, cached, clear, keep_to, limit_bytes
from dagster_and.foundation.errors import UserError


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Five files of 10 bytes, the older the lower their number, and two of other things."""
    names = ["soundbank/a/0.wav", "shards/k/1", "features/f/ab/2.npy", "shards/k/3", "embeddings/m/4"]
    for age, name in enumerate(names):
        path = tmp_path / "cache" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10)
        os.utime(path, (1000 + age, 1000 + age))
    (tmp_path / "cache" / "manifest.json").write_bytes(b"x" * 1000)
    (tmp_path / "answers.sqlite").write_bytes(b"x" * 1000)
    return tmp_path / "cache"


def left(cache: Path) -> list[str]:
    return sorted(file.path.name for file in cached(cache))


@pytest.mark.parametrize(
    ("limit", "names"),
    [
        (40, ["0.wav", "1", "2.npy", "3", "4"]),
        (39, ["0.wav", "2.npy", "3", "4"]),
        (20, ["0.wav", "3", "4"]),
        (0, ["0.wav"]),
    ],
)
def test_a_limit_takes_what_was_used_longest_ago_and_no_synthesised_sound(cache: Path, limit: int, names: list[str]):
    keep_to(cache, limit)
    assert left(cache) == names


def test_what_was_read_counts_as_used(cache: Path):
    os.utime(cache / "shards" / "k" / "1", (2000, 1001))
    assert [file.path.name for file in keep_to(cache, 30)] == ["2.npy"]


def test_what_was_used_since_a_run_began_stays(cache: Path):
    assert [file.path.name for file in keep_to(cache, 0, before=1003)] == ["1", "2.npy"]
    assert [file.path.name for file in clear(cache, before=1004)] == ["3", "0.wav"]


def test_all_is_cleared_but_what_is_no_cache(cache: Path):
    assert [file.path.name for file in clear(cache, ["features"])] == ["2.npy"]
    clear(cache)
    assert [path.name for path in cache.iterdir()] == ["manifest.json"]
    assert (cache.parent / "answers.sqlite").exists()


@pytest.mark.parametrize("said", ["much", "-1", "nan", "inf", "5 GB"])
def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, said: str):
    monkeypatch.setenv(LIMIT, said)
    with pytest.raises(UserError, match="write gigabytes as a number, such as 50"):
        limit_bytes()


def test_a_limit_is_in_gigabytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(LIMIT, " 0.5 ")
    assert limit_bytes() == 500_000_000
    monkeypatch.delenv(LIMIT)
    assert limit_bytes() is None


def test_every_kind_is_explained():
    assert all(KINDS.values())
