"""Top and bottom clips against a plain sort; ties broken by clip_id."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dagster_and.lake.tables import ACTIVATIONS, TOP_CLIPS
from dagster_and.method.top_clips.ranking import rank_clips, top_clips

small = st.sampled_from([-2.0, -0.5, 0.0, 0.5, 2.0])


@given(
    values=st.integers(1, 4).flatmap(
        lambda n: st.integers(1, 9).flatmap(lambda c: arrays(np.float32, (n, c), elements=small))
    ),
    data=st.data(),
)
def test_equals_a_plain_sort_with_ties_by_clip(values, data):
    clips = values.shape[1]
    k = data.draw(st.integers(1, clips))
    found = top_clips(values, k)
    for row, highest, lowest in zip(values, found["highest"], found["lowest"], strict=True):
        assert highest.tolist() == sorted(range(clips), key=lambda c: (-row[c], c))[:k]
        assert lowest.tolist() == sorted(range(clips), key=lambda c: (row[c], c))[:k]


def test_more_clips_than_there_are_cannot_be_had():
    with pytest.raises(ValueError, match="K is 4, but there are 3 clips"):
        top_clips(np.zeros((1, 3)), 4)


def test_the_table_by_hand():
    rows = [
        {"neuron_id": 7, "activation": [0.5, 2.0, -1.0], "mean": 0, "standard_deviation": 0, "minimum": 0, "maximum": 0}
    ]
    table = rank_clips([pa.RecordBatch.from_pylist(rows, schema=ACTIVATIONS.schema)], 2)
    assert dict(table.schema) == dict(TOP_CLIPS.frame_schema)
    assert table.select("neuron_id", "direction", "rank", "clip_id", "activation").rows() == [
        (7, "highest", 1, 1, 2.0), (7, "highest", 2, 0, 0.5), (7, "lowest", 1, 2, -1.0), (7, "lowest", 2, 0, 0.5),
    ]  # fmt: skip


def test_rows_stand_by_neuron_direction_and_rank():
    rows = [
        {"neuron_id": n, "activation": [0.5, n], "mean": 0, "standard_deviation": 0, "minimum": 0, "maximum": 0}
        for n in (2, 1)
    ]
    table = rank_clips([pa.RecordBatch.from_pylist([row], schema=ACTIVATIONS.schema) for row in rows], 2)
    assert table.select("neuron_id", "direction", "rank").rows() == [
        (neuron, direction, rank) for neuron in (1, 2) for direction in ("highest", "lowest") for rank in (1, 2)
    ]
