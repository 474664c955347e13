"""Steps of an optimizer down a loss, in whatever precision it was computed."""

import torch
from torch import Tensor, nn

from dagster_and.devices.placement import Placement

FIRST_SCALE = 1024.0
LARGEST_NORM = 1.0


class Descent:
    """An optimizer, and perhaps the schedule of its learning rate.

    In float16 small gradients would vanish, so the loss is scaled and the gradients are scaled back; a step whose
    gradients overflow is left out, that of the schedule, too, and the scale is lowered.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler, placement: Placement
    ):
        self._optimizer, self._schedule = optimizer, schedule
        is_scaled = placement.precision == "float16"
        self._scaler = torch.amp.GradScaler(placement.device, FIRST_SCALE, enabled=is_scaled)

    def step(self, loss: Tensor, model: nn.Module) -> None:
        """One step of the model's weights, its gradients clipped to a norm of ``LARGEST_NORM``."""
        scaler, scale = self._scaler, self._scaler.get_scale()
        self._optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(self._optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), LARGEST_NORM)
        scaler.step(self._optimizer)
        scaler.update()
        if scaler.get_scale() >= scale:
            self._schedule.step()
