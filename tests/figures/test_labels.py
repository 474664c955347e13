"""The figure of the labels draws every dissection, one without a single label among them."""

import polars as pl
import pytest

from dagster_and import figures
from dagster_and.figures import NothingToDrawError

REPORT = pl.DataFrame(
    {
        "dissection": ["a", "a", "b"],
        "block_index": [0, 1, 0],
        "is_head": [False, True, False],
        "neurons": [10, 4, 3],
        "share_labelled": [0.5, 0.9, 0.0],
        "share_labelled_low": [0.4, 0.8, 0.0],
        "share_labelled_high": [0.6, 1.0, 0.1],
        "auroc_median": [0.8, 0.9, None],
        "accounts_for_median": [0.4, 0.6, None],
        "share_of_clips_median": [0.3, 0.2, 0.3],
    }
)


def test_two_panels_a_dissection(tmp_path):
    figure = figures.labels_by_block(REPORT)
    assert len(figure.axes) == 4
    assert [patch.get_height() for patch in figure.axes[0].patches] == [0.5, 0.9]
    figure.savefig(tmp_path / "figure.png")
    with pytest.raises(NothingToDrawError, match="no neuron"):
        figures.labels_by_block(REPORT.head(0))


def test_blocks_are_whole_numbers_and_the_head_is_called_so():
    axis = figures.labels_by_block(REPORT).axes[0]
    axis.figure.canvas.draw()
    assert [text.get_text() for text in axis.get_xticklabels()] == ["0", "head"]
    assert axis.get_title(loc="left") == "a: 14 neurons"
