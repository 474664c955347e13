"""A network of the paper's 55,346 neurons whose forward pass costs next to nothing, opened as a user's own.

This file is copied beside its weights (``family: module``). Twelve blocks as wide as those of AST-Base (attention 768,
intermediate 3,072, output 768) read a stream of 32 numbers: the clip's log energy in 16 bands, its mean and its spread
over time. Groups of neurons are averaged back into the stream, so that cutting neurons has an effect. The head is
fitted in closed form (see :mod:`benchmarks.pipeline.world`).
"""

from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

BANDS, STREAM, FRAME = 16, 32, 512
BLOCKS = 12
WEIGHTS = Path(__file__).with_name("weights.pt")


class Block(nn.Module):
    """Three layers of neurons around a residual stream, "clip stream"."""

    def __init__(self, width: int):
        super().__init__()
        self.attention = nn.Linear(STREAM, width)
        self.intermediate = nn.Linear(STREAM, 4 * width)
        self.output = nn.Linear(STREAM, width)

    def forward(self, stream: Tensor) -> Tensor:
        """The stream after this block."""
        stream = stream + _gathered(self.attention(stream))
        return stream + _gathered(self.output(_gathered(torch.relu(self.intermediate(stream)))))


class Network(nn.Module):
    """``width`` is that of attention and output: 768 in the paper's network."""

    def __init__(self, width: int, classes: int):
        super().__init__()
        self.centre = nn.Buffer(torch.zeros(STREAM))
        self.scale = nn.Buffer(torch.ones(STREAM))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(BLOCKS)))
        self.head = nn.Linear(STREAM, classes)

    def stream(self, waveforms: Tensor) -> Tensor:
        """What the head reads of waveforms "clip sample", as "clip stream"."""
        return self.blocks((heard(waveforms) - self.centre) / self.scale)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Logits "clip class"."""
        return self.head(self.stream(waveforms))


def heard(waveforms: Tensor) -> Tensor:
    """Mean and spread over time of the log energy in each band: "clip sample" to "clip stream"."""
    power = torch.fft.rfft(waveforms.unfold(-1, FRAME, FRAME)).abs().square()[..., 1:]
    edges = torch.logspace(0, torch.log10(torch.tensor(FRAME / 2)).item(), BANDS + 1).long().tolist()
    bands = [power[..., low - 1 : max(high - 1, low)].mean(dim=-1) for low, high in pairwise(edges)]
    level = torch.stack(bands, dim=-1).add(1e-6).log()
    return torch.cat([level.mean(dim=1), level.std(dim=1)], dim=-1)


def _gathered(neurons: Tensor) -> Tensor:
    """Means of as many groups as the stream has numbers."""
    return neurons.unflatten(-1, (STREAM, -1)).mean(dim=-1)


def make() -> Network:
    """The network whose weights lie beside this file."""
    weights = torch.load(WEIGHTS, weights_only=True)
    network = Network(len(weights["blocks.0.output.bias"]), len(weights["head.bias"]))
    network.load_state_dict(weights)
    return network
