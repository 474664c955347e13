"""The quick part of ``python -m tests.faults``: what needs no whole run, and one kill of one that does."""

import random
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Run
from tests.faults import buckets, folders, homes, inputs, kills, llm, names, texts
from tests.faults.__main__ import told_as_table
from tests.faults.trying import SEED, TRACE, Kind, Tried, told, unclear

QUICK: dict[str, tuple[Kind, int]] = {
    "sounds": (inputs.sounds, 0),
    "sound folders": (folders.sound_folders, 0),
    "dissection texts": (texts.dissection_texts, 0),
    "homes": (homes.homes, 0),
    "llm": (llm.llm, 12),
    "buckets": (buckets.buckets, 2),
    "dissection names": (names.dissection_names, 8),
    "kills": (kills.kills, 1),
}


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.timeout(600)
def test_a_fault_ends_as_promised(name: str, tmp_path: Path):
    kind, times = QUICK[name]
    tried = list(kind(tmp_path, times, random.Random(SEED)))
    assert tried
    assert [one for one in tried if not one.holds] == []


def test_the_table_names_what_did_not_hold():
    found = {"sounds": ([Tried("sound", "empty", True, "empty"), Tried("sound", "text", False, "KeyError")], 1.4)}
    table = told_as_table(found)
    assert "| sounds | 2 | 1 | 1 |" in table
    assert "- **sound: text**: KeyError" in table


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("KeyError: 'fold'", "nobody has put it into words"),
        ("polars.exceptions.ComputeError: no such column in the frame of clips at 7.", "nobody has put it into words"),
        ("Nobody foresaw this (ValueError: 7): give the command with --traceback.", "nobody has put it into words"),
        ("It can't be done.", "too short to say what is wrong and where"),
        ("There is something wrong with one of the settings.", "names no file, setting, table or command"),
        ("/srv/house/lake can't be used, and so nothing is", "does not end"),
        ("/srv/house/lake can't be used (Permission denied): see whose it is.", None),
        ("top_clips.k is 9, but the probing set has only 5 clips: write a k of at most 5.", None),
    ],
)
def test_a_reason_is_judged_by_what_a_reader_would_miss(sentence: str, missing: str | None):
    assert unclear(sentence) == missing


@pytest.mark.parametrize("code", [0, 2, -9, 130])
def test_who_fails_ends_with_one(code: int):
    said = "error: /srv/house/lake can't be used (Permission denied): see whose it is.\n"
    assert told(Run(1, said, 0.0))[0]
    assert not told(Run(code, said, 0.0))[0]
    assert not told(Run(1, "Took 3 s.\n", 0.0))[0]
    assert not told(Run(1, f"{TRACE}\n{said}", 0.0))[0]
