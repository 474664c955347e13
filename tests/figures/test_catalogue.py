"""A figure shows a dozen dissections at most, and says so; the tables hold all."""

import polars as pl
import pytest

from dagster_and.figures import DRAWINGS, NothingToDrawError
from dagster_and.figures.catalogue import DISSECTIONS

(ACCURACY,) = (drawing for drawing in DRAWINGS if drawing.name == "last_layer_accuracy")
MEASURES = [
    f"{top}_{what}" for top in ("top1", "top5") for what in ("accuracy", "accuracy_low", "accuracy_high", "chance")
]


def report(names: list[str], *, judged: bool = True) -> pl.DataFrame:
    """One row a dissection; where none of a head's neurons was judged, without measures."""
    rows = {
        "dissection": names,
        "method": "DB",
        "similarity": "cosine",
        "neurons_judged": 4 if judged else 0,
        "concepts": 3,
    }
    measures = {name: pl.lit(0.5 if judged else None, dtype=pl.Float64) for name in MEASURES}
    return pl.DataFrame(rows).with_columns(**measures)


def named(count: int, letter: str) -> list[str]:
    return [f"{letter}{number:02}" for number in range(count)]


def titles(*reports: pl.DataFrame) -> list[str]:
    figure = ACCURACY.draw(pl.concat(reports))
    said = [axis.get_title(loc="left").split(":")[0] for axis in figure.axes]
    return [figure.get_suptitle(), *said] if figure.get_suptitle() else said


def test_a_dozen_are_drawn_without_a_word():
    assert titles(report(named(DISSECTIONS, "a"))) == named(DISSECTIONS, "a")


def test_of_more_the_first_dozen_by_name_is_drawn_and_the_figure_says_so():
    drawn = titles(report(named(2, "b")), report(named(DISSECTIONS + 1, "a")))
    assert drawn == ["12 of 15 dissections; all are in the table.", *named(DISSECTIONS, "a")]


def test_those_with_nothing_to_draw_do_not_hide_the_others():
    assert titles(report(named(DISSECTIONS, "a"), judged=False), report(["b"]))[1:] == ["b"]
    with pytest.raises(NothingToDrawError, match="the concept set names"):
        ACCURACY.draw(report(named(DISSECTIONS + 1, "a"), judged=False))
