"""A home that was copied is as good as the first, also where the checkout lies elsewhere."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_and.foundation.home import REPOSITORY
from tests.end_to_end.conftest import DISSECT, TINY, House

CHECKOUT = ("dagster_and", "assets", "data_tests", "dbt_project", "dissections", "deploy")
Dissect = Callable[..., str]


def checkout(place: Path) -> Dissect:
    """A checkout of its own, with one more dissection that comes along, and the command that is run from it."""
    for folder in CHECKOUT:
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / folder, place / folder, ignore=left_out, copy_function=shutil.copyfile)
    (place / "dissections" / "tiny.yaml").write_text(TINY)

    def dissect(home: Path, *arguments: str) -> str:
        environment = os.environ | {"AND_HOME": str(home), "PYTHONPATH": str(place)}
        command = [sys.executable, str(DISSECT), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=place, check=False)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    return dissect


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_is_made_anew_in_a_copied_home_and_all_commands_find_it(tmp_path: Path):
    before, after = checkout(tmp_path / "one"), checkout(tmp_path / "another place" / "two")
    before(tmp_path / "first", "run", "tiny")
    copied = House(shutil.copytree(tmp_path / "first", tmp_path / "copied home", copy_function=shutil.copyfile))
    (tmp_path / "first").rename(tmp_path / "gone")
    written, stamps = copied.written("tiny"), copied.stamps("tiny")
    assert "would cut" in after(copied.home.root, "prune", "tiny", "--concept", "dog bark", "--dry-run")
    after(copied.home.root, "explore", "--export", str(tmp_path / "site"), "--neurons", "3")
    assert any((tmp_path / "site").rglob("*.html"))
    after(copied.home.root, "trace", "0")
    after(copied.home.root, "run", "tiny")
    assert copied.written("tiny") == written
    assert copied.stamps("tiny") == stamps
    assert copied.sql("select count(*) from staging.stg_dissection__neurons") == [(106,)]
