"""A suite that held is not run again, until something that it looks at changes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_and.lake.store import Lake
from dagster_and.lake.tables import CONCEPTS, EVIDENT_WORDS, NEURONS
from data_tests import known
from data_tests.known import NOTE, validated


@pytest.fixture
def lake(clean_lake: Lake, tmp_path: Path) -> Lake:
    """A clean one of one's own, of which nothing is known."""
    shutil.copytree(clean_lake.root, tmp_path / "own", ignore=shutil.ignore_patterns(f"{NOTE}.txt"))
    return Lake(tmp_path / "own")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tables whose suites were run."""
    done: list[str] = []
    validate = known.validate

    def counted(table, lake, dissection):
        done.append(table.name)
        return validate(table, lake, dissection)

    monkeypatch.setattr(known, "validate", counted)
    return done


def test_a_pass_is_kept_and_told(lake: Lake, runs: list[str]):
    first, second = (validated(CONCEPTS, lake, "tiny") for _ in range(2))
    assert runs == ["concepts"]
    assert (first.is_reused, second.is_reused) == (False, True)
    assert (second.rows, second.expectations, second.success) == (first.rows, first.expectations, True)


def touched(lake: Lake) -> None:
    os.utime(lake.path(CONCEPTS, "tiny"))


def broken_note(lake: Lake) -> None:
    lake.note(CONCEPTS, "tiny", NOTE, "{")


def gone_note(lake: Lake) -> None:
    lake.path(CONCEPTS, "tiny").with_name(f"{NOTE}.txt").unlink()


@pytest.mark.parametrize("change", [touched, broken_note, gone_note])
def test_it_is_run_again_where_the_file_or_the_note_changed(lake: Lake, runs, change: Callable[[Lake], None]):
    validated(CONCEPTS, lake, "tiny")
    change(lake)
    assert not validated(CONCEPTS, lake, "tiny").is_reused
    assert len(runs) == 2


def test_tables_that_the_query_names_count_too(lake: Lake, runs: list[str]):
    validated(EVIDENT_WORDS, lake, "tiny")
    os.utime(lake.path(CONCEPTS, "tiny"))
    assert validated(EVIDENT_WORDS, lake, "tiny").is_reused
    os.utime(lake.path(NEURONS, "tiny"))
    assert not validated(EVIDENT_WORDS, lake, "tiny").is_reused


def test_what_fails_is_found_again_each_time(soil, runs: list[str]):
    dirty = soil(CONCEPTS, "update this set concept_id = 7 where concept_id = 1")
    for _ in range(2):
        assert not validated(CONCEPTS, dirty, "tiny").success
    assert len(runs) == 2


def test_another_version_of_the_code_or_the_suite_runs_it_again(lake: Lake, runs, monkeypatch):
    validated(CONCEPTS, lake, "tiny")
    monkeypatch.setattr(known, "_software", lambda: "newer")
    assert not validated(CONCEPTS, lake, "tiny").is_reused
    monkeypatch.setattr(known, "_suite_text", lambda _: "other")
    assert not validated(CONCEPTS, lake, "tiny").is_reused
