"""Self-supervised training of the embedded BEATs: masked prediction of random-projection tokens, without labels.

The first iteration of BEATs (Chen et al. 2023, section 3.2) with the tokenizer of Chiu et al. 2022: a patch's token is
the nearest of some random codes to a random projection of it. Hidden patches' tokens are predicted from the rest.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dagster_and.devices.descent import Descent
from dagster_and.devices.placement import ON_CPU, Placement, in_float32
from dagster_and.dissection import EmbeddedBeats
from dagster_and.foundation.progress import progress
from dagster_and.targets.beats.checkpoint import load_beats, save_beats
from dagster_and.targets.beats.config import BeatsConfig
from dagster_and.targets.beats.network import Beats

BATCH = 16
PEAK_LEARNING_RATE = 1e-3
PROJECTED = 16
EXTRA = "pretraining"


@dataclass(frozen=True)
class Sounds:
    """What BEATs hears of some clips: ``features`` "clip frame mel", ``padding`` "clip token"."""

    features: Tensor
    padding: Tensor

    def __len__(self) -> int:
        return len(self.features)


def config_of(section: EmbeddedBeats) -> BeatsConfig:
    """Architecture of the embedded BEATs: the published one in small."""
    return BeatsConfig(
        encoder_layers=section.blocks, encoder_embed_dim=section.hidden_size,
        encoder_ffn_embed_dim=4 * section.hidden_size, encoder_attention_heads=section.heads,
        embed_dim=section.hidden_size, conv_pos=32,
    )  # fmt: skip


def pretrained(
    section: EmbeddedBeats, training: Sounds, held_out: Sounds, path: Path, placement: Placement = ON_CPU
) -> tuple[Beats, dict[str, Any]]:
    """The backbone, trained unless ``path`` holds it already, and how well it predicts what is hidden.

    Args:
        section: architecture, epochs, masked share, codes, seed.
        training: sounds to learn from.
        held_out: sounds to evaluate on.
        path: file to make; its name should hold the key of everything above.
        placement: where it is trained.

    Returns:
        pretraining_accuracy on hidden tokens of held-out sounds, and pretraining_chance_accuracy, that of always
        answering their commonest token (both 0..1; None without held-out sounds).
    """
    if not path.exists():
        with torch.random.fork_rng(devices=[]):  # weights are drawn on the CPU
            torch.manual_seed(section.seed)
            model = Beats(config_of(section))
            initialise(model)
            tokens = Tokenizer(training.features, section)
            report = _fit(model, tokens, training, held_out, section, placement)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_beats(model.cpu(), path, **{EXTRA: report})
    model = load_beats(path).model
    return model, torch.load(path, weights_only=True)[EXTRA]


def initialise(model: Beats) -> None:
    """Draw weights as deep norm wants them (Wang et al. 2022, table 2), from torch's global generator."""
    beta = math.pow(8 * model.config.encoder_layers, -0.25)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            is_scaled = name.endswith(("v_proj", "out_proj", "fc1", "fc2"))
            nn.init.xavier_normal_(module.weight, gain=beta if is_scaled else 1.0)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)


class Tokenizer:
    """Random projections of patches, standardised over the training sounds, and random codes on the unit sphere."""

    def __init__(self, features: Tensor, section: EmbeddedBeats):
        random = torch.Generator().manual_seed(section.seed)
        patches = patches_of(features).flatten(0, 1)
        self._mean, self._scale = patches.mean(dim=0), patches.std(dim=0) + 1e-5
        self._projection = torch.randn(patches.shape[1], PROJECTED, generator=random)
        self._codes = nn.functional.normalize(torch.randn(section.codes, PROJECTED, generator=random), dim=1)

    def __call__(self, features: Tensor) -> Tensor:
        """Token of each patch, "clip token"."""
        standard = (patches_of(features) - self._mean) / self._scale
        return (standard @ self._projection @ self._codes.T).argmax(dim=-1)


def patches_of(features: Tensor, size: int = 16) -> Tensor:
    """Patches of spectrograms "clip frame mel" as "clip token value", in the order of the network's tokens."""
    return features.unfold(1, size, size).unfold(2, size, size).flatten(3).flatten(1, 2)


def batches(count: int, random: np.random.Generator) -> Iterator["np.ndarray"]:
    """Indices of all clips in random order, in nearly equal batches."""
    yield from np.array_split(random.permutation(count), -(-count // BATCH))


class _Learner(nn.Module):
    """The backbone between a vector that stands for hidden patches and a head over codes."""

    def __init__(self, model: Beats, codes: int):
        super().__init__()
        self.model = model
        self.hidden = nn.Parameter(torch.zeros(model.config.encoder_embed_dim))
        self.head = nn.Linear(model.config.encoder_embed_dim, codes)

    def forward(self, features: Tensor, padding: Tensor, hidden: Tensor) -> Tensor:
        """Logits "token code" of the hidden tokens."""
        x = torch.where(hidden[:, :, None], self.hidden, self.model.embed(features))
        return self.head(self.model.encoder(x, padding)[hidden])


def _fit(
    model: Beats, tokens: Tokenizer, training: Sounds, held_out: Sounds, section: EmbeddedBeats, placement: Placement
) -> dict[str, Any]:
    random = np.random.default_rng(section.seed)
    learner = _Learner(model, section.codes)
    placement.placed(learner)
    targets = tokens(training.features)
    optimizer = torch.optim.AdamW(learner.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=0.01)
    steps = -(-len(training) // BATCH) * section.pretraining_epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, total_steps=steps)
    descent = Descent(optimizer, schedule, placement)
    learner.train()
    for _epoch in progress(range(section.pretraining_epochs), "pretraining", "epochs", section.pretraining_epochs):
        for chosen in batches(len(training), random):
            hidden = _hidden(training.padding[chosen], section.masked_share, random)
            heard = (training.features[chosen], training.padding[chosen], hidden)
            with placement.computing():
                logits = learner(*map(placement.moved, heard))
                loss = nn.functional.cross_entropy(logits, placement.moved(targets[chosen][hidden]))
            descent.step(loss, learner)
    return _evaluate(learner.eval(), tokens, held_out, section, placement)


def _hidden(padding: Tensor, share: float, random: np.random.Generator) -> Tensor:
    """Tokens to hide: a share of those that are sound, at least one a clip; "clip token"."""
    order = torch.from_numpy(random.random(tuple(padding.shape))).masked_fill(padding, 2.0)
    ranks = order.argsort(dim=1).argsort(dim=1)
    return (ranks < ((~padding).sum(dim=1, keepdim=True) * share).clamp(min=1)) & ~padding


def _evaluate(
    learner: _Learner, tokens: Tokenizer, sounds: Sounds, section: EmbeddedBeats, placement: Placement
) -> dict[str, Any]:
    if not len(sounds):
        return {"pretraining_accuracy": None, "pretraining_chance_accuracy": None}
    hidden = _hidden(sounds.padding, section.masked_share, np.random.default_rng(section.seed))
    truth, hits = [], 0
    with placement.forward():
        for part in torch.arange(len(sounds)).split(BATCH):
            with in_float32(sounds.features):
                truth.append(tokens(sounds.features[part])[hidden[part]])
            logits = learner(*map(placement.moved, (sounds.features[part], sounds.padding[part], hidden[part])))
            hits += int((logits.argmax(dim=1).cpu() == truth[-1]).sum())
    counts = torch.cat(truth).bincount()
    return {
        "pretraining_accuracy": hits / int(counts.sum()),
        "pretraining_chance_accuracy": int(counts.max()) / int(counts.sum()),
    }
