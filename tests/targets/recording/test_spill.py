"""Clip-major in, neuron-major out."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_and.targets.layers import Layer
from dagster_and.targets.recording.spill import Spill


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    widths=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    batches=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    buffer_bytes=st.integers(1, 200),
)
def test_what_goes_in_by_clip_comes_out_by_neuron(tmp_path: Path, widths, batches, buffer_bytes):
    layers = [Layer(f"layer{i}", i, "output", width) for i, width in enumerate(widths)]
    random = np.random.default_rng(0)
    whole = {layer.name: random.normal(size=(sum(batches), layer.width)).astype(np.float32) for layer in layers}
    with Spill(tmp_path, layers) as spill:
        start = 0
        for clips in batches:
            spill.write({name: values[start : start + clips] for name, values in whole.items()})
            start += clips
        assert spill.clips == sum(batches)
        expected = np.concatenate(list(whole.values()), axis=1).T
        for neurons in (range(len(expected)), range(1, sum(widths[:2]))):
            pieces = list(spill.read(neurons, buffer_bytes))
            assert np.array_equal(np.concatenate([expected[:0], *pieces]), expected[neurons.start : neurons.stop])
            assert all(piece.nbytes <= max(buffer_bytes, 4 * sum(batches)) for piece in pieces)


def test_the_scratch_file_is_gone_even_while_it_is_used(tmp_path: Path):
    with Spill(tmp_path, [Layer("a", 0, "output", 1)]):
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("layer", ["b"])
def test_a_layer_that_was_not_recorded_is_an_error(tmp_path: Path, layer: str):
    with Spill(tmp_path, [Layer(layer, 0, "output", 1)]) as spill, pytest.raises(KeyError):
        spill.write({"a": np.zeros((1, 1), np.float32)})
