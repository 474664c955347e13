"""A network fitted to labelled spectrograms, and how well it then does."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

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


def fit(model: Any, examples: Examples, epochs: int, seed: int, strength: Strength, label: str = "training") -> None:
    """AdamW on one cycle of the learning rate; every spectrogram is varied anew each time. Leaves it in eval mode."""
    random = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=0.05)
    steps = -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, total_steps=steps * epochs)
    lengths = examples.frames.tolist()
    model.train()
    for _epoch in progress(range(epochs), label, "epochs", epochs):
        for chosen in np.array_split(random.permutation(len(examples)), steps):
            varied = [augmented(examples.spectrograms[i], random, strength, lengths[i]) for i in chosen]
            logits = model(input_values=torch.stack(varied)).logits
            loss = torch.nn.functional.cross_entropy(logits, examples.classes[chosen], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    model.eval()


def marked(model: Any, examples: Examples) -> tuple[float, float]:
    """Accuracy (0..1) and mean cross-entropy of a network in eval mode."""
    with torch.inference_mode():
        logits = torch.cat([model(input_values=part).logits for part in examples.spectrograms.split(BATCH)])
    hits = (logits.argmax(dim=1) == examples.classes).double().mean()
    return float(hits), float(torch.nn.functional.cross_entropy(logits, examples.classes))
