"""Names are drawn as they are: no formulas, no XML, no figure too large to be drawn."""

from pathlib import Path
from xml.dom import minidom

import polars as pl
import pytest

from dagster_and import figures
from dagster_and.exports.reports import publish
from dagster_and.figures.canvas import LONGEST_NAME, LONGEST_SIDE, canvas, short

ODD = (r"$\frac{$", "$x$ or $y$", r"\alpha_{", "a -- b", "<b>&amp;</b>", "a\x08b", "a\nb", "%s {0}")


@pytest.mark.filterwarnings("ignore:Glyph")  # a font needs no picture of a control character
@pytest.mark.parametrize("name", ODD)
def test_any_name_can_be_drawn_and_the_picture_is_well_formed(name: str, tmp_path: Path):
    figure, axes = canvas()
    axes[0, 0].barh([name], [1], label=name)
    axes[0, 0].set_title(name)
    axes[0, 0].legend()
    _, png, svg = publish(tmp_path, "odd", pl.DataFrame({"name": [name]}), figure)
    assert png.stat().st_size > 0
    minidom.parse(str(svg))


def test_a_formula_is_drawn_letter_by_letter():
    figure, axes = canvas()
    title = axes[0, 0].set_title("$x$")
    assert not title.get_parse_math()
    assert title.get_window_extent(figure.canvas.get_renderer()).width > 0


def test_a_figure_of_five_thousand_rows_ends_where_it_can_still_be_drawn():
    figure, _ = canvas(size=(8, 5000))
    assert tuple(figure.get_size_inches()) == (8, LONGEST_SIDE)


def test_a_class_and_a_concept_like_a_formula_are_drawn(tmp_path: Path):
    concepts = pl.DataFrame({"concept_id": [0, 1], "concept": [ODD[0], "dog"]})
    neurons = pl.DataFrame({"neuron_id": [0, 1], "sublayer": "head", "class_label": [ODD[0], "dog"]})
    first = {"neuron_id": [0, 1], "concept_id": [0, 1], "rank": 1, "method": "DB", "similarity": "cosine"}
    figures.head_predictions(pl.DataFrame(first), neurons, concepts).savefig(tmp_path / "figure.png")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("dog_bark", "dog bark"),
        ("a\nb\tc", "a b c"),
        ("x" * LONGEST_NAME, "x" * LONGEST_NAME),
        ("the first of many sounds of rain on a roof", "the first of many…n a roof"),
    ],
)
def test_long_names_keep_their_beginning_and_their_end(name: str, wanted: str):
    assert short(name) == wanted
    assert len(wanted) <= LONGEST_NAME
