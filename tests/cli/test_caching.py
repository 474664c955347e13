"""``dissect cache``."""

from pathlib import Path

from dagster_and.foundation.home import Home
from dagster_and.under_way import began, under_way
from tests.cli.conftest import Dissect


def test_the_cache_is_shown_by_kind_and_cleared_by_kind_or_whole(dissect: Dissect, home: Path):
    for name in ("shards/k/1", "features/f/2.npy"):
        (home / "cache" / name).parent.mkdir(parents=True)
        (home / "cache" / name).write_bytes(b"x" * 10**6)
    shown = dissect("cache")[1]
    assert "shards             1.0 MB        1 files  activations by clip, last used within the hour" in shown
    assert "2.0 MB in" in shown
    assert dissect("cache", "clear", "shards")[1].startswith("1 files, 1.0 MB, removed from")
    assert (home / "cache" / "features" / "f" / "2.npy").exists()
    assert dissect("cache", "clear")[0] == 0
    assert not (home / "cache" / "features").exists()


def test_what_a_run_that_is_under_way_uses_stays(dissect: Dissect, home: Path):
    assert began(Home(home)) is None
    with under_way(Home(home), "a-run"):
        (home / "cache" / "shards").mkdir(parents=True)
        (home / "cache" / "shards" / "1").touch()
        assert "a run began that is under way stays" in dissect("cache", "clear")[1]
    assert (home / "cache" / "shards" / "1").exists()
    assert began(Home(home)) is None


def test_what_is_no_action_or_kind_is_refused(dissect: Dissect):
    assert "write `dissect cache` or `dissect cache clear`" in dissect("cache", "purge")[2]
    assert "The cache has no kind 'answers'" in dissect("cache", "clear", "answers")[2]
