"""The house's style: series differ in more than their hue, blocks are whole, names are words."""

from itertools import combinations

import polars as pl
import pytest

from dagster_and.figures.canvas import COLORS, block_axis, canvas, series
from dagster_and.figures.captions import acoustics_by_class, quantity


def lightness(color: str) -> float:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2


def test_no_two_of_the_first_series_share_a_color_or_a_marker():
    looks = [series(place) for place in range(len(COLORS))]
    assert not any(a["color"] == b["color"] or a["marker"] == b["marker"] for a, b in combinations(looks, 2))
    assert len({tuple(series(place).items()) for place in range(56)}) == 56


def test_colors_stand_out_from_white():
    assert [color for color in COLORS[:4] if 1.05 / (lightness(color) + 0.05) < 2.8] == []


def test_many_blocks_have_few_ticks_and_the_head_is_named():
    rows = pl.DataFrame({"block_index": [*range(12), 13], "is_head": [False] * 12 + [True]})
    figure, axes = canvas()
    axes[0, 0].plot(rows["block_index"], rows["block_index"])
    block_axis(axes[0, 0], rows)
    figure.canvas.draw()
    said = [text.get_text() for text in axes[0, 0].get_xticklabels()]
    assert said == ["0", "2", "4", "6", "8", "10", "head"]


def test_frequencies_stand_on_a_scale_of_numbers_not_of_formulas():
    clips = pl.DataFrame({"clip_id": [0, 1], "label": ["dog", "rain"]})
    acoustics = pl.DataFrame({"clip_id": [0, 1], "pitch_hz": [80.0, 2400.0], "tonality": [0.2, None]})
    figure = acoustics_by_class(clips, acoustics)
    figure.canvas.draw()
    said = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert "100" in said
    assert "1000" in said
    assert not any("$" in text for text in said)


@pytest.mark.parametrize("hertz", [[None, None], [0.0, None]])
def test_sounds_of_which_none_has_a_pitch_are_drawn_all_the_same(hertz: list):
    clips = pl.DataFrame({"clip_id": [0, 1], "label": ["wind", "rain"]})
    acoustics = pl.DataFrame(
        {"clip_id": [0, 1], "pitch_hz": pl.Series(hertz, dtype=pl.Float64), "tonality": [0.2, 0.1]}
    )
    figure = acoustics_by_class(clips, acoustics)
    figure.canvas.draw()
    said = [text.get_text() for text in figure.axes[0].texts]
    assert said == (["of no clip"] if hertz[0] is None else [])


@pytest.mark.parametrize(
    ("name", "words"),
    [("pitch_hz", "pitch, Hz"), ("events_per_s", "events, a second"), ("tonality", "tonality"),
     ("true_loudness_dbfs", "true loudness, dBFS")],
)  # fmt: skip
def test_quantities_have_their_unit(name: str, words: str):
    assert quantity(name) == words
