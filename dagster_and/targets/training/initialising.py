"""First weights for a small AST, in place of those meant for a wide one that goes on from a trained one."""

import math
from typing import Any

import torch
from torch import Tensor, nn

POSITION_SCALE = 0.3
"""Of the position embeddings, beside patches whose embedding varies by about one half."""
LONGEST_PERIOD = 1000.0


def initialise(model: Any) -> None:
    """Draw weights with a variance of one over the number of inputs, and let every token know its place from the start.

    transformers draws all with a deviation of 0.02, which suits a width of 768: at 96 every layer puts out next to
    nothing. And it starts with positions of zero, so that the order of sounds has to be found first. Drawn from torch's
    global generator.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.normal_(module.weight, std=1 / math.sqrt(module.weight[0].numel()))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    embeddings = model.audio_spectrogram_transformer.embeddings
    bands, steps = embeddings.get_shape(model.config)
    places = positions(bands, steps, model.config.hidden_size)
    with torch.no_grad():
        embeddings.position_embeddings[0, -len(places) :] = POSITION_SCALE * places
        nn.init.normal_(embeddings.cls_token, std=0.02)


def positions(bands: int, steps: int, width: int) -> Tensor:
    """Waves of the step in one half and of the band in the other: "token unit", the steps of a band together."""
    half = width // 2
    step, band = _waves(steps, half), _waves(bands, width - half)
    places = torch.cat([step.expand(bands, -1, -1), band[:, None].expand(-1, steps, -1)], dim=2)
    return places.reshape(bands * steps, width)


def _waves(count: int, width: int) -> Tensor:
    """Of ``width`` units half are sines, half cosines, from a period of 2 pi places to one of ``LONGEST_PERIOD``."""
    rates = LONGEST_PERIOD ** -(torch.arange(-(-width // 2)) / max(1, width // 2))
    angles = torch.arange(count)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width]
