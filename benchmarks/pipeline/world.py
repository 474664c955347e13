"""What the benchmark dissects: 50 classes of short sounds, and a network of its own that tells some of them apart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch

from benchmarks.pipeline import network
from dagster_and.foundation.progress import progress
from dagster_and.probing_sets.generators import GENERATORS, SAMPLE_RATE_HZ

NAME = "full-size"
FOLDS, HELD_OUT = 5, 5
SECONDS = 1.0
CLASSES = (
    "airplane", "breathing", "brushing teeth", "can opening", "car horn", "cat", "chainsaw", "chirping birds",
    "church bells", "clapping", "clock alarm", "clock tick", "coughing", "cow", "crackling fire", "crickets", "crow",
    "crying baby", "dog", "door knock", "door creaks", "drinking", "engine", "fireworks", "footsteps", "frog",
    "glass breaking", "hand saw", "helicopter", "hen", "insects", "keyboard typing", "laughing", "mouse click", "pig",
    "pouring water", "rain", "rooster", "sea waves", "sheep", "siren", "sneezing", "snoring", "thunderstorm",
    "toilet flush", "train", "vacuum cleaner", "washing machine", "water drops", "wind",
)  # fmt: skip
"""Names of 50 classes of everyday sound (those of ESC-50). What sounds here is not what they say: it is the sound bank,
in five pitches and paces.
"""
PACES = (0.55, 0.75, 1.0, 1.35, 1.8)
FILE = """\
description: A network of {neurons} neurons on {clips} sounds, to measure the pipeline.
probing: {{layout: folder, path: ./sounds, window_s: {seconds}}}
captions: {{captioner: annotations}}
target:
  family: module
  factory: ./network.py:make
  sample_rate_hz: {rate}
  layers: {layers}
  class_labels: {classes}
  held_out_fold: {held_out}
closed_concepts: {{concepts: labels}}
"""


@dataclass(frozen=True)
class Size:
    """One size of the benchmark."""

    share: str
    width: int
    clips: int

    @property
    def neurons(self) -> int:
        """Body and head."""
        return network.BLOCKS * 6 * self.width + len(CLASSES)


SIZES = (Size("1/16", 192, 500), Size("1/4", 384, 1000), Size("1", 768, 2000))
"""Shares of neurons x clips of the paper's AST on ESC-50 (55,346 neurons, 2,000 clips)."""


def lay_out(home: Path, size: Size) -> None:
    """Sounds, network and dissection file under ``home/dissections``; equal sizes give equal files."""
    folder = home / "dissections"
    folder.mkdir(parents=True, exist_ok=True)
    heard, labels, folds = _sounds(folder / "sounds", size.clips)
    _network(folder, size.width, heard, labels, folds != HELD_OUT)
    layers = [[f"blocks.{i}.{part}" for part in ("attention", "intermediate", "output")] for i in range(network.BLOCKS)]
    text = FILE.format(
        neurons=size.neurons, clips=size.clips, seconds=SECONDS, rate=SAMPLE_RATE_HZ, layers=[*layers, ["head"]],
        classes=list(CLASSES), held_out=HELD_OUT,
    )  # fmt: skip
    (folder / f"{NAME}.yaml").write_text(text.replace("'", ""))


def _sounds(folder: Path, clips: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """``clips`` files by fold and class; returns what the network hears of them, their classes and their folds."""
    heard, labels, folds = [], [], []
    for index in progress(range(clips), "sounds of the benchmark", "clips", clips):
        label, number = index % len(CLASSES), index // len(CLASSES)
        fold = 1 + number % FOLDS
        path = folder / f"fold{fold}" / CLASSES[label] / f"{number:03d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        waveform = _sound(label, number)
        soundfile.write(path, waveform, SAMPLE_RATE_HZ, subtype="PCM_16")
        heard.append(network.heard(torch.from_numpy(waveform[None].astype(np.float32))))
        labels.append(label)
        folds.append(fold)
    return torch.cat(heard), torch.tensor(labels), torch.tensor(folds)


def _sound(label: int, number: int) -> np.ndarray:
    """A sound of the bank at a pace of its own, "sample"."""
    random = np.random.default_rng([label, number])
    pace = PACES[label // len(GENERATORS)] * random.uniform(0.93, 1.07)
    generate = GENERATORS[sorted(GENERATORS)[label % len(GENERATORS)]]
    slow = np.arange(int(SECONDS * pace * SAMPLE_RATE_HZ) + SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    made = generate(random, slow)
    signal = np.interp(np.arange(int(SECONDS * SAMPLE_RATE_HZ)) * pace, np.arange(len(slow)), made.tonal + made.noise)
    level = 10 ** (random.uniform(-30, -8) / 20)
    noise = 10 ** (random.uniform(-75, -55) / 20) * random.normal(size=len(signal))
    return np.clip(level * signal / max(np.abs(signal).max(), 1e-9) + noise, -1, 1)


def _network(folder: Path, width: int, heard: torch.Tensor, labels: torch.Tensor, is_training: torch.Tensor) -> None:
    """Random body; head by ridge regression on the training folds."""
    torch.manual_seed(0)
    made = network.Network(width, len(CLASSES))
    made.centre.copy_(heard[is_training].mean(dim=0))
    made.scale.copy_(heard[is_training].std(dim=0))
    with torch.no_grad():
        for layer in made.blocks.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.weight.normal_(0, 0.4)
                layer.bias.normal_(0, 0.3)
        stream = made.blocks((heard - made.centre) / made.scale)
        seen = torch.cat([stream, torch.ones(len(stream), 1)], dim=1)[is_training].double()
        wanted = torch.nn.functional.one_hot(labels[is_training], len(CLASSES)).double()
        solved = torch.linalg.solve(seen.T @ seen + torch.eye(seen.shape[1]), seen.T @ wanted)
        made.head.weight.copy_(10 * solved[:-1].T)
        made.head.bias.copy_(10 * solved[-1])
    torch.save(made.state_dict(), folder / network.WEIGHTS.name)
    (folder / "network.py").write_text(Path(network.__file__).read_text())
