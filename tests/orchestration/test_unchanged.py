"""A run is told again, not run again, while all that it was made from and all that it made are as it left them."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_and.dissection import Dissection, find
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import NEURONS, TABLES, TOP_CLIPS
from dagster_and.orchestration.narration import Outcome
from dagster_and.orchestration.unchanged import LAST_BUILD, checks_of, keep_outcome, last_outcome, outside_key

TEXT = "probing: {layout: folder, path: sounds, window_s: 0.5}\ncaptions: {captioner: file, path: captions.csv}\n"
TEXT += "target: {family: module, factory: 'mine.py:make', sample_rate_hz: 16000, layers: [[a]]}\n"
DONE = Outcome({"neurons": 2.0}, {"neurons": 4}, checks_passed=3, checks_warning=["a: b"], warnings=["a: b: near"])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A dissection of one sound whose every table has been made, and the note of that run."""
    home = Home(tmp_path)
    sound = home.dissections / "sounds" / "dog" / "a.wav"
    sound.parent.mkdir(parents=True)
    sound.write_bytes(b"never decoded")
    (home.dissections / "mine.py").write_text("def make(): ...\n")
    (home.dissections / "captions.csv").write_text("filename,caption\na.wav,A dog.\n")
    (home.dissections / "mine.yaml").write_text(TEXT)
    for table in TABLES:
        Lake(home.lake).write(table, "mine", [], Stamp("a", {}))
    keep_outcome("mine", home, outside_key(dissection(home), home), DONE)
    return home


def dissection(home: Home) -> Dissection:
    return find("mine", home)


def told(home: Home) -> Outcome | None:
    return last_outcome("mine", home, outside_key(dissection(home), home))


def test_what_the_last_run_did_is_told_and_said_to_be_so(home: Home):
    assert told(home) == replace(DONE, is_reused=True)


def add_sound(home: Home) -> None:
    (home.dissections / "sounds" / "dog" / "b.wav").write_bytes(b"another")


def other_sound(home: Home) -> None:
    (home.dissections / "sounds" / "dog" / "a.wav").write_bytes(b"never DECODED")


def other_setting(home: Home) -> None:
    (home.dissections / "mine.yaml").write_text(f"{TEXT}top_clips: {{k: 3}}\n")


def other_network(home: Home) -> None:
    (home.dissections / "mine.py").write_text("def make(): pass\n")


def other_captions(home: Home) -> None:
    (home.dissections / "captions.csv").write_text("filename,caption\na.wav,A cat.\n")


def replaced_table(home: Home) -> None:
    Lake(home.lake).write(NEURONS, "mine", [], Stamp("a", {}))


def lost_table(home: Home) -> None:
    Lake(home.lake).path(TOP_CLIPS, "mine").unlink()


def lost_storage(home: Home) -> None:
    shutil.rmtree(home.dagster)


def half_a_note(home: Home) -> None:
    (note,) = (home.dagster / "last_outcomes").iterdir()
    note.write_text(note.read_text()[:40])


@pytest.mark.parametrize(
    "change",
    [
        add_sound, other_sound, other_setting, other_network, other_captions, replaced_table, lost_table, lost_storage,
        half_a_note,
    ],
)  # fmt: skip
def test_anything_that_has_changed_is_a_run_of_its_own(home: Home, change: Callable[[Home], None]):
    change(home)
    assert told(home) is None


def test_where_a_model_is_asked_nobody_can_say_so_beforehand(home: Home):
    llm = "describer: {kind: llm, base_url: 'http://127.0.0.1:1/v1', model: m}\n"
    (home.dissections / "mine.yaml").write_text(TEXT + llm)
    assert outside_key(dissection(home), home) is None
    assert last_outcome("mine", home, None) is None


def test_what_the_checks_of_the_present_tables_said_is_known(home: Home):
    assert checks_of("mine", home) == (DONE, None)
    (home.root / LAST_BUILD).write_text('{"checks": 7}')
    assert checks_of("mine", home) == (DONE, 7)
    replaced_table(home)
    assert checks_of("mine", home) == (None, 7)


def test_a_run_that_failed_is_known_and_not_told_again(home: Home):
    failed = replace(DONE, checks_failed=["neurons: neurons_suite"])
    keep_outcome("mine", home, None, failed)
    assert checks_of("mine", home)[0] == failed
    assert told(home) is None
    assert last_outcome("mine", home, None) is None


def test_a_run_that_did_not_make_every_table_leaves_no_note_of_it(home: Home):
    lost_table(home)
    keep_outcome("mine", home, None, Outcome())
    assert checks_of("mine", home)[0] is None
