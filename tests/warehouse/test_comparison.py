"""A pair of dissections is turned round without changing what is said of it."""

import polars as pl

from dagster_and.warehouse.comparison import sides

REPORT = pl.DataFrame(
    {
        "dissection_a": "a", "dissection_b": "b", "scope": ["layer", "class"], "part": ["block 0 output", "dog"],
        "measure": "label_auroc", "neurons_a": [4, 1], "neurons_b": [5, 1],
        "value_a": [0.5, 0.6], "value_b": [0.8, 0.7],
        "difference": [0.3, 0.1], "difference_low": [0.1, None], "difference_high": [0.5, None],
    }
)  # fmt: skip


def test_the_other_way_round_is_the_negative():
    there, back = sides(REPORT, "a", "b"), sides(REPORT, "b", "a")
    columns = ["value_a", "value_b", "difference", "difference_low", "difference_high", "neurons_a", "neurons_b"]
    assert there.select(columns).row(0) == (0.5, 0.8, 0.3, 0.1, 0.5, 4, 5)
    assert back.select(columns).row(0) == (0.8, 0.5, -0.3, -0.5, -0.1, 5, 4)
    assert there["is_beyond_chance"].to_list() == back["is_beyond_chance"].to_list() == [True, None]
    assert sides(REPORT, "a", "c").height == 0
