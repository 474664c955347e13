"""A small target of each kind, on the CPU: what is meant to hold of all of them is tested on all of them."""

from pathlib import Path
from textwrap import dedent

import numpy as np
import polars as pl
import torch

from dagster_and.dissection import Activations, ModuleTarget
from dagster_and.targets.beats.opening import open_beats
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.module.opening import open_module
from dagster_and.targets.planted.network import SAMPLE_RATE_HZ, plant
from dagster_and.targets.planted.opening import as_target
from dagster_and.targets.recording.activations import record
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.opening import open_transformers
from tests.targets import rooms
from tests.targets.beats.conftest import SMALL, published_weights
from tests.targets.transformers import networks

KINDS = ("ast", "beats", "module", "planted")
OTHERS = ("wav2vec2", "wavlm", "whisper", "clap")
PICTURE = '''
import torch
from torch import nn


class Picture(nn.Module):
    """Convolutions on a spectrogram "clip channel band step", then classes."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.ones(64))
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 4, 3, padding=1)
        self.fc = nn.Linear(4, 2)

    def forward(self, sound):
        spectrogram = torch.stft(sound, 64, 40, window=self.window, center=False, return_complex=True).abs()
        return self.fc(torch.relu(self.conv2(torch.relu(self.conv1(spectrogram[:, None])))).mean(dim=(2, 3)))


class Careless(Picture):
    """Its window is left where it is made."""

    def forward(self, sound):
        return super().forward(sound * torch.ones(sound.shape[1]))


class Scattering(Picture):
    """It puts what a layer gives into float32, which torch doesn't do for half precision."""

    def forward(self, sound):
        logits = torch.zeros(len(sound), 2)
        logits[torch.arange(len(sound))] = super().forward(sound)
        return logits
'''


def target_of(kind: str, folder: Path) -> Target:
    """A target with random weights, or planted ones, whose files lie in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "beats":
        torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, folder / "small.pt")
        return open_beats(str(folder / "small.pt"), window_s=rooms.WINDOW_S)
    if kind == "module":
        return module(folder, "Picture")
    if kind == "planted":
        random = torch.Generator().manual_seed(0)
        sounds = [0.1 * torch.randn(SAMPLE_RATE_HZ, generator=random).cumsum(0) / (1 + 9 * (i % 2)) for i in range(8)]
        return as_target(plant([sound.clamp(-1, 1) for sound in sounds], ["dog", "rain"] * 4))
    if kind == "clap":
        return open_transformers(networks.save_clap("ClapAudioModel", folder / "clap", is_fused=False))
    return open_transformers(networks.save_classifier(kind, folder / kind), window_s=rooms.WINDOW_S)


def recorded(target: Target, clips: pl.DataFrame, folder: Path, **settings) -> np.ndarray:
    """What the table activations holds, "neuron clip"; the folder keeps what is heard of the clips."""
    features = FeatureCache(folder / "features", target.frontend, rooms.WINDOW_S)
    batches = record(target, clips, features, Activations(**settings), folder / "scratch")
    return np.concatenate([np.stack(batch.column("activation").to_numpy(zero_copy_only=False)) for batch in batches])


def module(folder: Path, name: str) -> Target:
    """A network of one's own, by its class."""
    (folder / "net.py").write_text(dedent(PICTURE))
    section = ModuleTarget(
        family="module", factory="net.py:x", sample_rate_hz=16_000, layers=(("conv1",), ("conv2",)),
        class_labels=("dog", "rain"),
    )  # fmt: skip
    checkpoint = f"{folder / 'net.py'}:{name}"
    return open_module(section, checkpoint, section.layers, section.class_labels, window_s=rooms.WINDOW_S)
