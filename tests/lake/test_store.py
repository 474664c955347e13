"""The lake: contracts kept, writes atomic, stale tables found."""

import multiprocessing
import os
import pickle
import shutil
import signal
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.keys import digest
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ACTIVATIONS, CLIP_CAPTIONS, CONCEPTS, PROBING_CLIPS, TABLES, TOP_CLIPS
from tests.lake.conftest import overwrite


def concepts(*words: str) -> pl.DataFrame:
    return pl.DataFrame({"concept_id": range(len(words)), "concept": words, "label": [None] * len(words)})


def activation(i: int) -> pa.RecordBatch:
    row = {"neuron_id": i, "activation": [0.5, i], "mean": 0, "standard_deviation": 0, "minimum": 0, "maximum": 0}
    return pa.RecordBatch.from_pylist([row], schema=ACTIVATIONS.schema)


@pytest.fixture
def folder(tmp_path: Path) -> Lake:
    """A lake that is a folder, for what locks and renames are about."""
    return Lake(tmp_path / "lake")


def test_what_is_written_is_read_back_in_the_contracts_types(lake: Lake):
    assert lake.write(CONCEPTS, "a", concepts("dog", "rain"), Stamp("k", {})) == 2
    read = lake.read(CONCEPTS, "a")
    assert read["concept"].to_list() == ["dog", "rain"]
    assert read.schema == {"concept_id": pl.Int32, "concept": pl.String, "label": pl.String}
    assert lake.stamp(CONCEPTS, "a") == Stamp("k", {})


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (concepts("dog").drop("label"), "missing columns"),
        (concepts("dog").with_columns(extra=1), "unknown columns"),
        (concepts("dog").with_columns(concept=pl.lit(None, pl.String)), "null"),
        (concepts("dog").with_columns(concept_id=pl.lit("one")), "one"),
    ],
)
def test_what_breaks_the_contract_is_refused_and_nothing_is_lost(lake: Lake, frame: pl.DataFrame, message: str):
    lake.write(CONCEPTS, "a", concepts("good"), Stamp("k", {}))
    with pytest.raises((ValueError, pa.ArrowInvalid), match=message):
        lake.write(CONCEPTS, "a", frame, Stamp("new", {}))
    assert lake.read(CONCEPTS, "a")["concept"].to_list() == ["good"]
    assert lake.storage.names(CONCEPTS.name) == ["concepts/dissection=a/part-0.parquet"]


def test_a_table_that_was_not_made_says_how_to_make_it(lake: Lake):
    with pytest.raises(UserError, match="materialise the asset top_clips first"):
        lake.read(TOP_CLIPS, "a")


def test_batches_come_as_they_were_written(lake: Lake):
    lake.write(ACTIVATIONS, "a", map(activation, range(3)), Stamp("k", {}))
    assert [b.column("neuron_id").to_pylist() for b in lake.batches(ACTIVATIONS, "a")] == [[0], [1], [2]]


def test_pieces_give_what_batches_give_to_whoever_they_are_handed(lake: Lake):
    lake.write(ACTIVATIONS, "a", map(activation, range(3)), Stamp("k", {}))
    pieces = pickle.loads(pickle.dumps(lake.pieces(ACTIVATIONS, "a")))
    assert [piece.rows for piece in pieces] == [1, 1, 1]
    assert [piece.read() for piece in pieces] == list(lake.batches(ACTIVATIONS, "a"))
    assert pieces[2].read(["mean"]).schema.names == ["mean"]


def test_a_piece_of_a_table_that_was_replaced_is_not_read(lake: Lake):
    lake.write(ACTIVATIONS, "a", [activation(0)], Stamp("k", {}))
    (piece,) = lake.pieces(ACTIVATIONS, "a")
    lake.write(ACTIVATIONS, "a", [activation(1)], Stamp("k", {}))
    shutil.rmtree(lake.home / "cache", ignore_errors=True)  # the home that wrote to a bucket has both versions
    with pytest.raises(UserError, match=r"activations/dissection=a/part-0\.parquet was replaced while it was read"):
        piece.read()


def test_a_lake_can_be_handed_to_another_process(lake: Lake):
    lake.write(CONCEPTS, "a", concepts("dog"), Stamp("k", {}))
    assert pickle.loads(pickle.dumps(lake)).stamp(CONCEPTS, "a") == Stamp("k", {})


def test_the_state_of_dissections_differs_exactly_where_a_table_was_replaced(lake: Lake):
    for name in ("a", "b"):
        lake.write(CONCEPTS, name, concepts("dog"), Stamp("k", {}))
    before = lake.state(["a", "b"])
    assert lake.state(["a", "b"]) == before
    lake.write(CONCEPTS, "b", concepts("cat"), Stamp("k", {}))
    after = lake.state(["a", "b"])
    assert after["a"] == before["a"]
    assert after["b"] != before["b"]


def test_rows_and_columns_are_told_without_reading_a_table(lake: Lake):
    lake.write(CONCEPTS, "a", concepts("dog", "rain"), Stamp("k", {}))
    assert lake.glimpse(CONCEPTS, "a", 1, ["concept"])[0] == 2
    assert lake.schema(CONCEPTS, "a").names == ["concept_id", "concept", "label"]


def test_a_glimpse_is_of_what_took_the_place_of_a_table_meanwhile(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    lake.write(CONCEPTS, "a", concepts("dog", "rain"), Stamp("k", {}))
    current, asked = lake.storage.facts, []

    def late(name: str) -> str | None:
        asked.append(name)
        return current(name) if len(asked) > 2 else "of a version that is gone"

    monkeypatch.setattr(type(lake.storage), "facts", lambda _, name: late(name))
    assert lake.glimpse(CONCEPTS, "a", 1, ["concept"])[0] == 2


def test_a_table_of_an_older_contract_has_no_stamp(lake: Lake):
    older = BytesIO()
    concepts("dog").drop("label").write_parquet(older)
    overwrite(lake, CONCEPTS, "a", older.getvalue())
    assert lake.stamp(CONCEPTS, "a") is None


def test_schema_files_are_empty_tables_and_no_dissection(lake: Lake):
    lake.ensure_schema_files()
    assert all(lake.has(table, "__schema__") for table in TABLES)
    assert lake.read(CONCEPTS, "__schema__").height == 0
    assert lake.dissections() == []


def test_a_table_made_from_what_has_changed_since_is_stale_and_so_is_what_follows(lake: Lake):
    for table, key, inputs in [
        (PROBING_CLIPS, "p1", {}),
        (CLIP_CAPTIONS, "c1", {"probing_clips": "p1"}),
        (CONCEPTS, "s1", {"clip_captions": "c1"}),
    ]:
        lake.write(table, "a", [], Stamp(key, inputs))
    assert lake.stale_tables("a") == []
    lake.write(PROBING_CLIPS, "a", [], Stamp("p2", {}))
    assert lake.stale_tables("a") == ["clip_captions", "concepts"]


@pytest.mark.parametrize(("one", "other"), [([1], [2]), (["a"], ["b"]), ([{"a": 1}], [{"a": 1, "b": None}])])
def test_digests_differ_exactly_when_the_parts_do(one, other):
    assert digest(*one) == digest(*one)
    assert digest(*one) != digest(*other)


def test_the_order_of_keys_does_not_matter_to_a_digest():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def _write_forever(root: Path) -> None:
    lake = Lake(root)
    for i in range(10_000):
        lake.write(CONCEPTS, "a", concepts(*[f"concept {i}"] * 2000), Stamp(str(i), {}))


def test_a_kill_at_any_moment_leaves_the_last_good_table(folder: Lake):
    lake = folder
    lake.write(CONCEPTS, "a", concepts("first"), Stamp("first", {}))
    for moment in range(6):
        writer = multiprocessing.get_context("fork").Process(target=_write_forever, args=(lake.root,))
        writer.start()
        time.sleep(0.05 + 0.023 * moment)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        read = lake.read(CONCEPTS, "a")
        assert read["concept"].n_unique() == 1
        assert lake.stamp(CONCEPTS, "a") is not None
    lake.write(CONCEPTS, "a", concepts("last"), Stamp("last", {}))  # the lock died with its holder
    assert lake.read(CONCEPTS, "a")["concept"].to_list() == ["last"]


def test_what_a_killed_writer_left_is_swept_but_never_what_a_living_one_writes(folder: Lake):
    lake = folder

    def killed() -> Iterator[pa.RecordBatch]:
        yield activation(0)
        os.kill(os.getpid(), signal.SIGKILL)

    def files() -> set[str]:
        return {path.name for path in lake.path(ACTIVATIONS, "a").parent.iterdir()}

    def slow() -> Iterator[pa.RecordBatch]:
        yield activation(1)
        (own,) = files()  # alone, so what was left is gone
        writer.start()
        writer.join()
        assert len(files()) == 2  # another one was killed
        lake.write(ACTIVATIONS, "a", [activation(2)], Stamp("quick", {}))
        assert own in files()
        assert len(files()) == 3  # and what it left stays for whoever is alone
        yield activation(3)

    processes = multiprocessing.get_context("fork")
    first, writer = (
        processes.Process(target=lake.write, args=(ACTIVATIONS, "a", killed(), Stamp("k", {}))) for _ in range(2)
    )
    first.start()
    first.join()
    assert [name.endswith(".tmp") for name in files()] == [True]
    lake.write(ACTIVATIONS, "a", slow(), Stamp("slow", {}))
    assert len(files()) == 2
    lake.write(ACTIVATIONS, "a", [activation(4)], Stamp("last", {}))
    assert files() == {"part-0.parquet"}


def test_places_in_the_home_are_kept_relative_and_given_as_they_are_now(folder: Lake):
    lake = folder
    home, clip = lake.home, dict.fromkeys(PROBING_CLIPS.schema.names)
    places = [f"{home}/cache/a.wav", "/elsewhere/b.wav", f"{home}2/c.wav"]
    named = {"sha256": "0" * 64, "filename": "a.wav", "label": "dog", "labels": ["dog"], "window_s": 1.0}
    known = {
        "duration_s": 1.0,
        "sample_rate_hz": 1,
        "channels": 1,
        "rms_dbfs": -1.0,
        "is_cropped": False,
        "is_padded": False,
    }
    rows = [clip | named | known | {"clip_id": i, "path": place} for i, place in enumerate(places)]
    lake.write(PROBING_CLIPS, "a", pl.DataFrame(rows, schema=PROBING_CLIPS.frame_schema), Stamp("k", {}))
    assert lake.read(PROBING_CLIPS, "a")["path"].to_list() == places
    moved = home / "moved" / "lake"
    moved.parent.mkdir()
    Path(lake.root).rename(moved)
    read = Lake(moved).read(PROBING_CLIPS, "a", ["clip_id", "path"])
    assert read["path"].to_list() == [f"{home}/moved/cache/a.wav", *places[1:]]
    assert (
        pl.read_parquet(moved / "probing_clips" / "dissection=a" / "part-0.parquet")["path"][0]
        == "$AND_HOME/cache/a.wav"
    )
    assert Lake(moved).stamp(PROBING_CLIPS, "a") == Stamp("k", {})
