"""A network fitted to labelled spectrograms, and how well it then does."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dagster_and.devices.descent import Descent
from dagster_and.devices.placement import ON_CPU, Placement
from dagster_and.foundation.progress import progress
from dagster_and.targets.training.augmentation import Strength, augmented

BATCH = 16
PEAK_LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Examples:
    """Spectrograms "clip frame mel", padded to one length; how many frames of each are sound; classes by number."""

    spectrograms: Tensor
    frames: Tensor
    classes: Tensor

    def __len__(self) -> int:
        return len(self.classes)

    def part(self, chosen: Tensor) -> "Examples":
        """Those of them, by index or by mask."""
        return Examples(self.spectrograms[chosen], self.frames[chosen], self.classes[chosen])


def fit(
    model: Any, examples: Examples, epochs: int, seed: int, strength: Strength, label: str = "training",
    placement: Placement = ON_CPU,
) -> None:  # fmt: skip
    """AdamW on one cycle of the learning rate; every spectrogram is varied anew each time. Leaves it in eval mode, on
    the device. All that is drawn is drawn on the CPU, the same on every device.
    """
    placement.placed(model)
    random = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=0.05)
    steps = -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, total_steps=steps * epochs)
    descent = Descent(optimizer, schedule, placement)
    lengths = examples.frames.tolist()
    model.train()
    for _epoch in progress(range(epochs), label, "epochs", epochs):
        for chosen in np.array_split(random.permutation(len(examples)), steps):
            varied = [augmented(examples.spectrograms[i], random, strength, lengths[i]) for i in chosen]
            with placement.computing():
                logits = model(input_values=placement.moved(torch.stack(varied))).logits
                classes = placement.moved(examples.classes[chosen])
                loss = torch.nn.functional.cross_entropy(logits, classes, label_smoothing=0.1)
            descent.step(loss, model)
    model.eval()


def marked(model: Any, examples: Examples, placement: Placement = ON_CPU) -> tuple[float, float]:
    """Accuracy (0..1) and mean cross-entropy of a network in eval mode, on the device."""
    with placement.forward():
        parts = [model(input_values=placement.moved(part)).logits for part in examples.spectrograms.split(BATCH)]
    logits = torch.cat(parts).float().cpu()
    hits = (logits.argmax(dim=1) == examples.classes).double().mean()
    return float(hits), float(torch.nn.functional.cross_entropy(logits, examples.classes))
