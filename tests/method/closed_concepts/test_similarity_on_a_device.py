"""Similarities on a second device: the same clips in the same order, the same scores to rounding in float64."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import torch

from dagster_and.method.closed_concepts import similarity
from dagster_and.method.closed_concepts.predictions import predict
from dagster_and.method.closed_concepts.similarity import SIMILARITIES, Layer, Match
from tests.second_device import second_device


def example(clips: int, neurons: int, concepts: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A match with rounded values, so that clips tie by a concept, and activations of which some are equal."""
    random = torch.Generator().manual_seed(0)
    match = torch.softmax(3 * torch.randn(clips, concepts, generator=random), dim=1).mul(20).round().div(20)
    return match, torch.randn(neurons, clips, generator=random).mul(50).round().div(50)


@pytest.mark.parametrize("shape", [(300, 40, 6), (7, 2, 3), (1, 2, 2)])
@pytest.mark.parametrize("name", SIMILARITIES)
def test_scores_are_those_of_the_cpu(name: str, shape: tuple[int, int, int]):
    match, activation = example(*shape)
    here = SIMILARITIES[name](Match(match), Layer(activation))
    with second_device() as there:
        layer = Layer(there.moved(activation))
        found = SIMILARITIES[name](Match(there.moved(match)), layer)
        assert found.device.type == "other"
        assert torch.equal(layer.top(100).cpu(), Layer(activation).top(100))
    torch.testing.assert_close(found.cpu(), here, rtol=1e-12, atol=1e-12)


def test_spans_of_a_gpu_do_not_change_a_score(monkeypatch: pytest.MonkeyPatch):
    match, activation = example(300, 40, 6)
    monkeypatch.setattr(similarity, "BUFFER_ELEMENTS_OF_A_GPU", 300)
    with second_device() as there:
        for function in SIMILARITIES.values():
            found = function(Match(there.moved(match)), Layer(there.moved(activation)))
            torch.testing.assert_close(found.cpu(), function(Match(match), Layer(activation)), rtol=1e-12, atol=1e-12)


def test_predictions_are_those_of_the_cpu():
    match, activation = example(120, 12, 6)
    neurons = pl.DataFrame({"layer_name": ["a"] * 5 + ["b"] * 7})
    rows = pa.RecordBatch.from_pydict({"neuron_id": np.arange(12, dtype=np.int32), "activation": activation.tolist()})
    matches = {"DB": (np.arange(0, 120, 2), match[::2]), "TAB": (np.arange(120), match)}
    here = pl.from_arrow(predict([rows], neurons, matches))
    with second_device():
        found = pl.from_arrow(predict([rows], neurons, matches, "other"))
    assert isinstance(here, pl.DataFrame)
    assert isinstance(found, pl.DataFrame)
    assert found.drop("score").equals(here.drop("score"))
    assert np.allclose(found["score"], here["score"], rtol=1e-12, atol=1e-12)
