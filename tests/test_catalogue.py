"""What Dagster is shown of a table: whose it is, some rows, where its neurons are to be seen."""

from pathlib import Path

import polars as pl
import pytest

from dagster_and.catalogue import DEFAULT_OWNER, explorer_link, glimpse, owners, shown_columns, tags
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.rooms import ROOMS
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ACTIVATIONS, CONCEPTS, NEURONS, TABLES


def test_owners_are_a_team_unless_somebody_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_OWNERS", "")
    assert owners() == (DEFAULT_OWNER,)
    monkeypatch.setenv("AND_OWNERS", " ada@example.org, team:sound ,")
    assert owners() == ("ada@example.org", "team:sound")


@pytest.mark.parametrize("wrong", ["ada", "team:", "ada@example.org, sound"])
def test_an_owner_that_is_none_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, wrong: str):
    monkeypatch.setenv("AND_OWNERS", wrong)
    with pytest.raises(UserError, match=r"neither an e-mail address nor a team: write one like ada@") as said:
        owners()
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_tags(room: str):
    assert tags(room)["and/room"] == room
    assert tags(room)["and/part"] in ("lake", "warehouse", "figures")


def test_long_texts_are_cut_and_bars_do_not_part_cells():
    shown = glimpse(pl.DataFrame({"a": ["x" * 100, "a | b\nc", None], "b": [1, 2, 3]})).value
    assert shown.splitlines()[2] == f"| {'x' * 60}... | 1 |"
    assert shown.splitlines()[3:] == ["| a \\| b c | 2 |", "|  | 3 |"]


def test_lists_are_not_shown():
    assert "activations" not in shown_columns(ACTIVATIONS)
    assert "neuron_id" in shown_columns(ACTIVATIONS)
    assert all(shown_columns(table) for table in TABLES)


def test_tables_of_neurons_are_linked_to_where_they_are_seen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AND_EXPLORER", raising=False)
    link = explorer_link(NEURONS, "my set")
    assert link
    assert link.value == "http://127.0.0.1:8321/d/my%20set/neurons"
    monkeypatch.setenv("AND_EXPLORER", "https://neurons.example.org/")
    link = explorer_link(NEURONS, "ast-demo")
    assert link
    assert link.value == "https://neurons.example.org/d/ast-demo/neurons"
    assert explorer_link(CONCEPTS, "ast-demo") is None


@pytest.mark.parametrize("count", [0, 2, 1000])
def test_the_first_rows_are_those_of_the_file(tmp_path: Path, count: int):
    lake = Lake(tmp_path)
    words = [f"word {i}" for i in range(count)]
    frame = pl.DataFrame(
        {"concept_id": range(count), "concept": words, "label": [None] * count}, schema=CONCEPTS.frame_schema
    )
    lake.write(CONCEPTS, "one", frame, Stamp("k", {}))
    rows, first = lake.glimpse(CONCEPTS, "one", 5, ["concept_id", "concept"])
    assert rows == count
    assert first["concept"].to_list() == words[:5]
    assert first.columns == ["concept_id", "concept"]
