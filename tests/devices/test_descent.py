"""Steps down a loss: in float32 those of plain code; in float16 none that overflowed."""

import pytest
import torch
from torch import nn

from dagster_and.devices.descent import Descent
from dagster_and.devices.placement import ON_CPU, Placement


def parts(
    placement: Placement,
) -> tuple[nn.Linear, torch.optim.Optimizer, torch.optim.lr_scheduler.OneCycleLR, Descent]:
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=5)
    return model, optimizer, schedule, Descent(optimizer, schedule, placement)


def test_in_float32_steps_are_those_of_plain_code_bit_for_bit():
    heard, classes = torch.randn(8, 4, generator=torch.Generator().manual_seed(1)), torch.arange(8) % 3
    plain, optimizer, schedule, _ = parts(ON_CPU)
    model, _, _, descent = parts(ON_CPU)
    for _ in range(5):
        optimizer.zero_grad()
        (100 * nn.functional.cross_entropy(plain(heard), classes)).backward()
        nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        descent.step(100 * nn.functional.cross_entropy(model(heard), classes), model)
    assert torch.equal(model.weight, plain.weight)


@pytest.mark.parametrize("factor", [1.0, 1e38])
def test_a_step_that_overflows_is_left_out_with_that_of_the_schedule(factor: float):
    model, _, schedule, descent = parts(Placement("cpu", "float16"))
    were = model.weight.clone()
    descent.step((model(torch.ones(2, 4)) * factor).sum(), model)
    assert torch.equal(model.weight, were) == (factor > 1)
    assert (schedule.last_epoch == 0) == (factor > 1)
