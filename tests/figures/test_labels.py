"""The figure of the labels draws every dissection, one without a single label among them."""

import polars as pl

from dagster_and import figures

REPORT = pl.DataFrame(
    {
        "dissection": ["a", "a", "b"],
        "block_index": [0, 1, 0],
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
    figures.labels_by_block(REPORT.head(0)).savefig(tmp_path / "empty.png")
