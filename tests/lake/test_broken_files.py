"""A file that was cut off or written over is noticed, whatever is wrong with it, and made anew; no other suffers."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.lake.store import BROKEN, Lake, Stamp
from dagster_and.lake.tables import CLIP_CAPTIONS, CONCEPTS, PROBING_CLIPS, TABLES
from dagster_and.warehouse.building import coherent_dissections
from tests.lake.conftest import content, overwrite

WORDS = [f"concept {i * i}" for i in range(3000)]
FRAME = pl.DataFrame({"concept_id": range(len(WORDS)), "concept": WORDS, "label": [None] * len(WORDS)})
STAMP = Stamp("k", {})


@pytest.fixture
def lake(lake: Lake) -> Lake:
    for name in ("a", "b"):
        lake.write(CONCEPTS, name, FRAME, STAMP)
    return lake


def overwritten(content: bytes, place: float, with_what: bytes) -> bytes:
    at = int(len(content) * place)
    return content[:at] + with_what + content[at + len(with_what) :]


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda _: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "a byte less": lambda content: content[:-1],
    "another file": lambda _: b"id,name\n1,dog\n" * 100,
    "zeros": lambda content: bytes(len(content)),
    "zeros in the middle": lambda content: overwritten(content, 0.3, bytes(64)),
    "one byte of the data": lambda content: overwritten(content, 0.4, bytes([content[int(len(content) * 0.4)] ^ 255])),
    "text over the data": lambda content: overwritten(content, 0.1, b"not parquet at all"),
    "the footer": lambda content: overwritten(content, 0.97, b"x" * 16),
    "the footer's length": lambda content: content[:-8] + (2**31 - 1).to_bytes(4, "little") + content[-4:],
}


def spoil(lake: Lake, fault: str, dissection: str = "a") -> None:
    overwrite(lake, CONCEPTS, dissection, FAULTS[fault](content(lake, CONCEPTS, dissection)))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_file_has_no_stamp_and_keeps_its_dissection_alone_out_of_the_warehouse(lake: Lake, fault: str):
    assert lake.stamp(CONCEPTS, "a") == STAMP
    spoil(lake, fault)
    assert lake.stamp(CONCEPTS, "a") is None
    assert coherent_dissections(lake) == (["b"], {"a": ["concepts"]})
    lake.write(CONCEPTS, "a", FRAME, STAMP)
    assert lake.stamp(CONCEPTS, "a") == STAMP
    assert coherent_dissections(lake) == (["a", "b"], {})


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_file_is_set_aside_where_no_pattern_finds_it(lake: Lake, fault: str):
    spoil(lake, fault)
    broken = content(lake, CONCEPTS, "a")
    lake.set_aside_broken()
    assert not lake.has(CONCEPTS, "a")
    assert lake.storage.fetch(f"concepts/dissection=a/{BROKEN}").read_bytes() == broken
    assert lake.stamp(CONCEPTS, "b") == STAMP


def test_what_was_made_from_a_broken_file_is_out_of_step(lake: Lake):
    for table, key, inputs in [(PROBING_CLIPS, "p", {}), (CLIP_CAPTIONS, "c", {"probing_clips": "p"})]:
        lake.write(table, "c", [], Stamp(key, inputs))
    overwrite(lake, PROBING_CLIPS, "c", b"")
    assert lake.stale_tables("c") == ["probing_clips", "clip_captions"]


def test_a_file_that_can_only_be_read_in_part_is_said(lake: Lake):
    spoil(lake, "cut off")
    with pytest.raises(
        UserError, match=r"The table concepts of dissection a can't be read .*`dissect run a` makes it anew"
    ):
        lake.read(CONCEPTS, "a")


def test_a_copied_file_is_read_through_once_and_then_taken_by_its_size_and_time(tmp_path: Path):
    lake = Lake(tmp_path / "lake")
    lake.write(CONCEPTS, "a", FRAME, STAMP)
    path = lake.path(CONCEPTS, "a")
    content = path.read_bytes()
    path.write_bytes(content)  # as a copy of the whole folder: equal bytes, another time
    assert lake.stamp(CONCEPTS, "a") == STAMP
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(FAULTS["zeros in the middle"](content))
    os.utime(path, ns=times)  # nobody does that by accident; it shows that the file was not read again
    assert lake.stamp(CONCEPTS, "a") == STAMP


def test_a_table_that_somebody_changed_by_hand_keeps_its_stamp(lake: Lake):
    """It can be read; whether it is right is for its suite to say."""
    changed = BytesIO()
    pq.write_table(pq.read_table(lake.path(CONCEPTS, "a"), partitioning=None).slice(1), changed)
    overwrite(lake, CONCEPTS, "a", changed.getvalue())
    assert lake.stamp(CONCEPTS, "a") == STAMP


def test_a_broken_schema_file_is_written_anew(lake: Lake):
    lake.ensure_schema_files()
    for table in TABLES[:3]:
        overwrite(lake, table, "__schema__", b"PAR1")
    lake.ensure_schema_files()
    assert all(lake.read(table, "__schema__").height == 0 for table in TABLES)
