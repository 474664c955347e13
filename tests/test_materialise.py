"""What Dagster is told of a table: described once, and again only where the table was made anew."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from dagster import AssetExecutionContext, DagsterInstance, StaticPartitionsDefinition, asset, materialize

from dagster_and.lake.store import Stamp
from dagster_and.lake.tables import CONCEPTS, PROBING_CLIPS, Table
from dagster_and.resources import House

WORDS = ["dog", "rain"]


class Room:
    """An asset of the table ``concepts``; ``made`` and ``described`` count how often it was."""

    def __init__(self, root: Path, instance: DagsterInstance):
        self.house, self.instance = House(root=str(root)), instance
        self.made = self.described = 0

    def run(self, words: list[str], instance: DagsterInstance | None = None) -> dict:
        """The metadata of one materialisation."""

        def make() -> pl.DataFrame:
            self.made += 1
            rows = {"concept_id": range(len(words)), "concept": words, "label": [None] * len(words)}
            return pl.DataFrame(rows, schema=CONCEPTS.frame_schema)

        def describe(table: pl.DataFrame) -> dict:
            self.described += 1
            return {"first": table["concept"][0]}

        @asset(name=CONCEPTS.name, code_version="1", partitions_def=StaticPartitionsDefinition(["tiny"]))
        def concepts(context: AssetExecutionContext, house: House):
            return house.materialise(context, CONCEPTS, make, words, describe=describe)

        result = materialize(
            [concepts], partition_key="tiny", resources={"house": self.house}, instance=instance or self.instance
        )
        shown = result.asset_materializations_for_node(CONCEPTS.name)[0].metadata
        return {name: value.value for name, value in shown.items()}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with DagsterInstance.ephemeral() as instance:
        yield Room(tmp_path, instance)


def test_an_unchanged_table_is_not_described_again(room: Room):
    first, second = room.run(WORDS), room.run(WORDS)
    assert (room.made, room.described) == (1, 1)
    assert (first["first"], second["first"]) == ("dog", "dog")
    assert (first["reused"], second["reused"]) == (False, True)
    assert second["dagster/row_count"] == 2


def test_a_changed_table_is(room: Room):
    room.run(WORDS)
    assert room.run(["rain"])["first"] == "rain"
    assert (room.made, room.described) == (2, 2)
    assert room.run(WORDS)["first"] == "dog"  # the last that Dagster was told is of another table


def test_where_dagster_knows_nothing_it_is_described(room: Room):
    room.run(WORDS)
    with DagsterInstance.ephemeral() as other:
        shown = room.run(WORDS, other)
    assert (room.made, room.described) == (1, 2)
    assert (shown["first"], shown["reused"]) == ("dog", True)


def test_a_table_whose_file_was_cut_off_is_made_anew(room: Room):
    room.run(WORDS)
    path = room.house.lake.path(CONCEPTS, "tiny")
    path.write_bytes(path.read_bytes()[:-20])
    assert room.run(WORDS)["reused"] is False
    assert room.made == 2
    assert room.house.lake.read(CONCEPTS, "tiny")["concept"].to_list() == WORDS


def test_in_a_home_that_was_moved_nothing_is_made_anew(tmp_path: Path):
    """Settings name files of the home by where it lies."""
    with DagsterInstance.ephemeral() as instance:
        before = Room(tmp_path / "one", instance)
        before.run([f"{tmp_path}/one/cache/a.wav"])
        (tmp_path / "one").rename(tmp_path / "two")
        after = Room(tmp_path / "two", instance)
        assert after.run([f"{tmp_path}/two/cache/a.wav"])["reused"] is True
    assert (before.made, after.made) == (1, 0)


@pytest.mark.parametrize("unread", [[], [PROBING_CLIPS]])
def test_what_is_not_read_makes_nothing_anew(tmp_path: Path, unread: list[Table]):
    """A table that is new upstream, or was made anew, counts only where the settings have it read."""
    house, made = House(root=str(tmp_path)), []

    @asset(name=CONCEPTS.name, deps=[PROBING_CLIPS.name], partitions_def=StaticPartitionsDefinition(["tiny"]))
    def concepts(context: AssetExecutionContext, house: House):
        def make() -> pl.DataFrame:
            made.append(1)
            return pl.DataFrame(schema=CONCEPTS.frame_schema)

        return house.materialise(context, CONCEPTS, make, unread=unread)

    with DagsterInstance.ephemeral() as instance:
        for clips in (None, "one", "two"):
            if clips:
                house.lake.write(PROBING_CLIPS, "tiny", [], Stamp(clips, {}))
            materialize([concepts], partition_key="tiny", resources={"house": house}, instance=instance)
    assert len(made) == (1 if unread else 3)
    assert house.lake.stale_tables("tiny") == []
