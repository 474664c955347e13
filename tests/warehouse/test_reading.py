"""Who can't read the warehouse is told who holds it, or that it is broken, in one sentence."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_and.explorer.warehouse import Warehouse
from dagster_and.foundation.errors import UserError
from dagster_and.warehouse.reading import dissections_held, read_report, reading, write_ahead_log

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table found as select unnest(['b', 'a', 'b']) as dissection, unnest([3, 2, 1]) as n")
        connection.execute(
            "create schema building; create table building.dissections (dissection text, made_from text)"
        )
        connection.execute("insert into building.dissections values ('a', 'key')")
    return path


@pytest.fixture
def holder(warehouse: Path) -> Iterator[subprocess.Popen]:
    """Another program that has the warehouse open for writing."""
    arguments = [sys.executable, "-c", HOLD, str(warehouse)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_program_that_holds_it_for_writing_is_named(
    warehouse: Path, holder: subprocess.Popen, capsys: pytest.CaptureFixture
):
    with pytest.raises(UserError, match=rf"is held for writing by .*\(process {holder.pid}\): close it"):  # noqa: SIM117
        with reading(warehouse, patience_s=0.3):
            pass
    assert capsys.readouterr().err.count(f"(process {holder.pid}), which holds the warehouse for writing.\n") == 1


def test_pages_and_what_is_written_of_them_name_it_as_well(warehouse: Path, holder: subprocess.Popen):
    with pytest.raises(UserError, match=rf"is held for writing by .*\(process {holder.pid}\): close it"):  # noqa: SIM117
        with Warehouse(warehouse).reading():
            pass


def test_who_waits_comes_through_when_it_is_let_go(warehouse: Path, holder: subprocess.Popen):
    assert holder.stdin is not None
    holder.stdin.close()
    with reading(warehouse, patience_s=60) as connection:
        assert connection.sql("select count(*) from found").fetchall() == [(3,)]


@pytest.mark.parametrize("content", [b"no database at all" * 500, b""], ids=["text", "empty"])
def test_a_broken_warehouse_can_be_removed(warehouse: Path, content: bytes):
    whole = warehouse.read_bytes()
    warehouse.write_bytes(content or whole[: len(whole) // 3])
    with pytest.raises(UserError, match=r"can't be read .*remove it, and `dissect run` builds it anew"):
        read_report(warehouse, "found")
    with pytest.raises(UserError, match=r"can't be read .*remove it, and `dissect run` builds it anew"):  # noqa: SIM117
        with Warehouse(warehouse).reading():
            pass
    assert dissections_held(warehouse) is None


def test_a_block_that_has_been_spoilt_is_said_when_it_is_read(warehouse: Path):
    whole = bytearray(warehouse.read_bytes())
    for place in range(3 * 4096 + 64, len(whole), 512):  # behind the headers, which are read at once
        whole[place] ^= 0xFF
    warehouse.write_bytes(whole)
    with pytest.raises(UserError, match=r"can't be read .*remove it, and `dissect run` builds it anew"):
        read_report(warehouse, "found")


def test_nothing_is_known_of_a_warehouse_that_was_written_to_and_not_closed(warehouse: Path):
    assert dissections_held(warehouse) == {"a": "key"}
    write_ahead_log(warehouse).write_bytes(b"something")
    assert dissections_held(warehouse) is None


def test_dissections_stand_in_the_order_of_their_names_and_rows_as_they_were_made(warehouse: Path):
    assert read_report(warehouse, "found").rows() == [("a", 2), ("b", 3), ("b", 1)]
    assert read_report(warehouse, "found", "b").rows() == [("b", 3), ("b", 1)]
