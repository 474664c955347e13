"""What can't be cut, and why."""

import pytest
from torch import nn

from dagster_and.method.activations.reading import Reading
from dagster_and.targets.cutting.obstacles import obstacle
from dagster_and.targets.layers import Layer


@pytest.mark.parametrize(
    ("module", "unit_axis", "why"),
    [
        (nn.Linear(3, 3), -1, None), (nn.Conv1d(3, 3, 1), 1, None), (nn.Conv1d(3, 3, 1), -1, "another axis"),
        (nn.Linear(3, 3), 1, "another axis"), (nn.ReLU(), -1, "is a ReLU"), (nn.LSTM(3, 3), -1, "is a LSTM"),
        (nn.BatchNorm1d(3), 1, "is a BatchNorm1d"), (nn.MultiheadAttention(2, 2), -1, "is a MultiheadAttention"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_of_cutting_a_layer(module: nn.Module, unit_axis: int, why: str | None):
    found = obstacle(nn.Sequential(module), Layer("0", 0, "x", 3, Reading(unit_axis)))
    assert found == why if why is None else why in str(found)
