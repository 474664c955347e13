"""The quick part of ``python -m tests.faults``: what needs no whole run, and one kill of one that does."""

import random
from pathlib import Path

import pytest

from tests.faults import buckets, inputs, kills, llm, names
from tests.faults.__main__ import told_as_table
from tests.faults.trying import SEED, Kind, Tried

QUICK: dict[str, tuple[Kind, int]] = {
    "sounds": (inputs.sounds, 0),
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
