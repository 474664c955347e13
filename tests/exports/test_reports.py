"""A figure is drawn again when its rows change or a file of it is gone, and not otherwise."""

from pathlib import Path

import polars as pl
import pytest
from matplotlib.figure import Figure

from dagster_and.exports.reports import publish_if_changed

ROWS = pl.DataFrame({"block": [0, 1], "share": [0.5, 0.25]})


@pytest.fixture
def drawn() -> list[int]:
    """How many rows each drawing was of."""
    return []


@pytest.fixture
def published(tmp_path: Path, drawn: list[int]):
    def publish(first: pl.DataFrame, second: pl.DataFrame) -> tuple[list[Path], bool]:
        def draw(rows: pl.DataFrame, _: pl.DataFrame) -> Figure:
            drawn.append(rows.height)
            return Figure()

        tables = {"rpt_shares": first, "rpt_trend": second}
        return publish_if_changed(tmp_path / "reports", tmp_path / "notes", "shares", tables, draw)

    return publish


def test_the_same_rows_are_drawn_once(published, drawn: list[int]):
    paths, reused = published(ROWS, ROWS)
    assert not reused
    assert {path.name for path in paths} == {"shares.csv", "shares.png", "shares.svg", "rpt_trend.csv"}
    assert published(ROWS, ROWS) == (paths, True)
    assert drawn == [2]


def test_a_change_in_either_table_draws_anew(published, drawn: list[int]):
    published(ROWS, ROWS)
    assert published(ROWS, ROWS.with_columns(pl.col("share") + 1e-15))[1] is False
    assert published(ROWS.head(1), ROWS)[1] is False
    assert drawn == [2, 2, 1]


def test_a_file_that_is_gone_is_drawn_anew(published, drawn: list[int]):
    paths, _ = published(ROWS, ROWS)
    paths[1].unlink()
    assert published(ROWS, ROWS) == (paths, False)
    assert paths[1].exists()


def test_a_drawing_that_fails_is_tried_again(published, tmp_path: Path):
    published(ROWS, ROWS)

    def fail(*_: pl.DataFrame) -> Figure:
        raise ValueError("no canvas")

    tables = {"rpt_shares": ROWS.head(1), "rpt_trend": ROWS}
    with pytest.raises(ValueError, match="no canvas"):
        publish_if_changed(tmp_path / "reports", tmp_path / "notes", "shares", tables, fail)
    assert published(ROWS, ROWS)[1] is False
