"""What the tests of devices stand on: the second device computes what the CPU does, and refuses to mix the two."""

import pytest
import torch

from tests.second_device import OTHER, second_device


def test_it_computes_what_the_cpu_computes():
    layers = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.GELU(), torch.nn.LayerNorm(8), torch.nn.Linear(8, 2))
    heard = torch.randn(3, 4)
    expected = layers(heard)
    with second_device() as there:
        found = there.placed(layers)(there.moved(heard))
        assert found.device.type == "other"
        assert torch.equal(found.cpu(), expected)


@pytest.mark.parametrize(
    "mix",
    [
        lambda here, there: here + there,
        lambda here, there: torch.cat([there, here]),
        lambda _here, there: there[torch.tensor([0])],
        lambda here, there: there.masked_fill(here > 0, 0.0),
        lambda here, there: torch.nn.functional.linear(there, here),
    ],
)
def test_a_tensor_of_the_cpu_is_refused_beside_one_of_the_device(mix):
    here = torch.randn(2, 2)
    with second_device() as there, pytest.raises(RuntimeError, match="same device"):
        mix(here, there.moved(here))


def test_a_tensor_of_the_device_is_no_array_until_it_is_fetched():
    with second_device() as there:
        tensor = there.moved(torch.ones(3))
        with pytest.raises(TypeError, match="numpy"):
            tensor.numpy()
        assert OTHER.waits == 0
        assert tensor.cpu().numpy().tolist() == [1, 1, 1]
        assert OTHER.waits == 1


def test_its_memory_and_its_kinds_of_numbers_have_an_end():
    with second_device(memory=100) as there, pytest.raises(torch.OutOfMemoryError):
        there.moved(torch.zeros(26))
    with second_device(knows_float64=False) as there, pytest.raises(TypeError, match="float64"):
        there.moved(torch.zeros(2)).double()
