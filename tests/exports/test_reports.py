"""A figure is drawn again when its rows change or a file of it is gone, and not otherwise."""

from pathlib import Path

import polars as pl
import pytest
from matplotlib.figure import Figure

from dagster_and.exports.reports import Published, publish_if_changed
from dagster_and.figures import NothingToDrawError

ROWS = pl.DataFrame({"block": [0, 1], "share": [0.5, 0.25]})


@pytest.fixture
def drawn() -> list[int]:
    """How many rows each drawing was of."""
    return []


@pytest.fixture
def published(tmp_path: Path, drawn: list[int]):
    def publish(first: pl.DataFrame, second: pl.DataFrame) -> Published:
        def draw(rows: pl.DataFrame, _: pl.DataFrame) -> Figure:
            drawn.append(rows.height)
            if rows.is_empty():
                raise NothingToDrawError("There is no row.")
            return Figure()

        tables = {"rpt_shares": first, "rpt_trend": second}
        return publish_if_changed(tmp_path / "reports", tmp_path / "notes", "shares", tables, draw)

    return publish


def test_the_same_rows_are_drawn_once(published, drawn: list[int]):
    first = published(ROWS, ROWS)
    assert not first.is_reused
    assert {path.name for path in first.paths} == {"shares.csv", "shares.png", "shares.svg", "rpt_trend.csv"}
    second = published(ROWS, ROWS)
    assert (second.paths, second.is_reused, second.not_drawn) == (first.paths, True, "")
    assert drawn == [2]


def test_a_change_in_either_table_draws_anew(published, drawn: list[int]):
    published(ROWS, ROWS)
    assert not published(ROWS, ROWS.with_columns(pl.col("share") + 1e-15)).is_reused
    assert not published(ROWS.head(1), ROWS).is_reused
    assert drawn == [2, 2, 1]


def test_a_file_that_is_gone_is_drawn_anew(published, drawn: list[int]):
    paths = published(ROWS, ROWS).paths
    paths[1].unlink()
    assert not published(ROWS, ROWS).is_reused
    assert paths[1].exists()


def test_an_empty_figure_is_not_drawn_its_table_is_written_and_the_last_picture_goes(published, drawn: list[int]):
    pictures = [path for path in published(ROWS, ROWS).paths if path.suffix != ".csv"]
    for is_reused in (False, True):
        nothing = published(ROWS.head(0), ROWS)
        assert nothing.not_drawn == "There is no row."
        assert nothing.is_reused == is_reused
        assert [path.name for path in nothing.paths] == ["shares.csv", "rpt_trend.csv"]
        assert not any(path.exists() for path in pictures)
    assert drawn == [2, 0]
    assert published(ROWS, ROWS).not_drawn == ""
    assert all(path.exists() for path in pictures)


def test_a_drawing_that_fails_is_tried_again(published, tmp_path: Path):
    published(ROWS, ROWS)

    def fail(*_: pl.DataFrame) -> Figure:
        raise ValueError("no canvas")

    tables = {"rpt_shares": ROWS.head(1), "rpt_trend": ROWS}
    with pytest.raises(ValueError, match="no canvas"):
        publish_if_changed(tmp_path / "reports", tmp_path / "notes", "shares", tables, fail)
    assert not published(ROWS, ROWS).is_reused


def test_one_figure_is_one_svg_to_the_byte(published):
    paths = {path.suffix: path for path in published(ROWS, ROWS).paths}
    before = paths[".svg"].read_bytes()
    paths[".svg"].unlink()
    published(ROWS, ROWS)
    assert paths[".svg"].read_bytes() == before
