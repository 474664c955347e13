"""Two dissections of ``rpt_dissection_comparison``, whichever is named first."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MEASURES = (
    "label_auroc", "label_agreement", "labelled_share", "stated_share", "description_score", "dead_share",
    "named_right_share",
)  # fmt: skip
"""In the order in which they are shown: labels first."""


def sides(report: "pl.DataFrame", first: str, second: str) -> "pl.DataFrame":
    """Rows of the pair in ``rpt_dissection_comparison``, turned so that ``first`` is a, whatever the order of names."""
    import polars as pl

    pair = report.filter(
        (pl.col("dissection_a") == min(first, second)) & (pl.col("dissection_b") == max(first, second))
    )
    if first > second:
        pair = pair.with_columns(
            value_a="value_b", value_b="value_a", neurons_a="neurons_b", neurons_b="neurons_a",
            difference=-pl.col("difference"), difference_low=-pl.col("difference_high"),
            difference_high=-pl.col("difference_low"),
        )  # fmt: skip
    beyond_chance = (pl.col("difference_low") > 0) | (pl.col("difference_high") < 0)
    order = pl.col("measure").cast(pl.Enum(MEASURES))
    return pair.with_columns(is_beyond_chance=beyond_chance).sort(
        "scope", "part", order, descending=[True, False, False]
    )
