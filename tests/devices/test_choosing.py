"""Which device: what the file says, unless the environment says otherwise; what isn't there is refused."""

import pytest
import torch

from dagster_and.devices.choosing import placement_of
from dagster_and.devices.placement import Placement
from dagster_and.dissection import Compute
from dagster_and.foundation.errors import UserError

GPUS = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AND_DEVICE", raising=False)


def test_auto_takes_a_gpu_where_there_is_one():
    found = placement_of(Compute()).device
    assert found == next((name for name, is_there in GPUS.items() if is_there), "cpu")


def test_auto_takes_cuda_before_mps_and_mps_before_the_cpu(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert placement_of(Compute()).device == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert placement_of(Compute()).device == "cuda"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_DEVICE", "cpu")
    assert placement_of(Compute(device="cuda", precision="bfloat16")) == Placement("cpu", "bfloat16")
    monkeypatch.setenv("AND_DEVICE", "")
    assert placement_of(Compute(device="cpu")).device == "cpu"


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(device: str, monkeypatch: pytest.MonkeyPatch):
    if GPUS[device]:
        pytest.skip("it is there")
    with pytest.raises(UserError, match=f"^compute.device is {device}, but .*: write compute.device: auto or cpu.$"):
        placement_of(Compute(device=device))
    monkeypatch.setenv("AND_DEVICE", device)
    with pytest.raises(UserError, match=f"^AND_DEVICE is {device}, but .*: write AND_DEVICE=auto or cpu.$"):
        placement_of(Compute())


def test_a_device_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_DEVICE", "gpu")
    with pytest.raises(
        UserError, match="AND_DEVICE is 'gpu', which is no device: set it to one of auto, cpu, cuda, mps"
    ):
        placement_of(Compute())


def test_a_gpu_that_knows_no_bfloat16_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla T4")
    with pytest.raises(UserError, match="bfloat16, which Tesla T4 can't compute in: write float32 or float16"):
        placement_of(Compute(device="cuda", precision="bfloat16"))
    assert placement_of(Compute(device="cuda", precision="float16")).in_words == "Tesla T4 (cuda), float16"
