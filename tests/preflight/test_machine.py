"""``dissect doctor``: what it finds is so, and what it says to do gets what is missing."""

import os
import socket
import sys
from importlib import metadata
from pathlib import Path

import pytest

from dagster_and.foundation.home import Home
from dagster_and.preflight import machine
from dagster_and.preflight.machine import (
    Finding,
    examine,
    extras,
    lacking,
    packages,
    pip_house,
    place,
    programs,
    servers,
)

LLM = """
probing: {{layout: soundbank}}
captions: {{captioner: dataset}}
target: {{family: planted}}
describer: {{kind: llm, base_url: "{url}", model: tiny}}
"""


def test_this_machine_runs_the_tests_so_nothing_that_is_needed_is_missing(tmp_path: Path):
    found = examine(Home(tmp_path / "home"))
    assert [one for one in found if one.status == "missing"] == []
    assert {"Python", "packages", "AND_HOME", "disk", "device", "hub cache", "LLM"} <= {one.what for one in found}
    assert not (tmp_path / "home").exists()


def test_every_package_that_is_imported_is_looked_at():
    (one,) = packages()
    assert one.status == "ok"


def test_a_package_that_is_missing_or_of_another_version_is_named_with_the_command(tmp_path: Path):
    version = metadata.version("pytest")
    file = tmp_path / "pyproject.toml"
    file.write_text(
        f'[project]\ndependencies = ["pytest=={version}", "pytest>999", "no-such-package==1"]\n'
        '[project.optional-dependencies]\ncluster = ["no-such-package==1"]\ndev = ["dagster-and[cluster]", "pytest"]\n'
    )
    wrong = list(packages(file))
    assert [one.said for one in wrong] == [f"pytest is {version}, not >999", "no-such-package is not installed"]
    assert wrong[0].get == f"{sys.executable} -m pip install 'pytest>999'"
    of_extras = {one.what: one for one in extras(file)}
    assert of_extras["extra cluster"].status == "optional"
    assert of_extras["extra cluster"].get == pip_house("cluster")
    assert of_extras["extra dev"].status == "ok"


def test_versions_are_compared_as_numbers():
    assert lacking(["pytest>=1", "pytest>=1,<9999"]) == []


def test_a_program_beside_python_that_is_missing_is_named(tmp_path: Path):
    (tmp_path / "dbt").touch()
    assert [one.what for one in programs(tmp_path)] == ["duckdb", "dagster"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_may_not_be_written_is_missing(tmp_path: Path):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert next(place(Home(tmp_path / "locked" / "home"))).status == "missing"


def test_a_home_below_a_file_is_missing(tmp_path: Path):
    (tmp_path / "file").touch()
    found = list(place(Home(tmp_path / "file" / "home")))
    assert found[0].status == "missing"
    assert "export AND_HOME=" in found[0].get


def test_a_disk_with_little_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "ROOM_NEEDED", 1 << 60)
    assert list(place(Home(tmp_path)))[1].status == "missing"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.dissections.mkdir()
    return home


def found_of(home: Home, url: str, *, asks: bool = True) -> Finding:
    (home.dissections / "mine.yaml").write_text(LLM.format(url=url))
    (found,) = servers(home, asks=asks)
    return found


def test_a_server_that_answers_is_told_from_one_that_does_not(home: Home):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        assert found_of(home, url).status == "ok"
    gone = found_of(home, url)
    assert (gone.what, gone.status) == ("LLM of mine", "missing")
    assert "nobody answers" in gone.said
    assert found_of(home, url, asks=False).status == "ok"


def test_a_server_whose_variable_is_not_set_is_missing(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AND_NOWHERE", raising=False)
    found = found_of(home, "${AND_NOWHERE}")
    assert found.status == "missing"
    assert "AND_NOWHERE is not set" in found.said


def test_without_a_server_the_embedded_describer_is_enough(home: Home):
    (found,) = servers(home)
    assert found.status == "ok"
    assert "embedded describer" in found.said
