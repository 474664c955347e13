"""Spectrograms varied at random, so that a small set of sounds goes further."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def augmented(spectrogram: "torch.Tensor", random: np.random.Generator) -> "torch.Tensor":
    """SpecAugment (Park et al. 2019) without warping, after a circular shift in time; "frame mel"."""
    import torch

    frames, bands = spectrogram.shape
    out = torch.roll(spectrogram, int(random.integers(frames)), dims=0) + float(random.normal(0, 0.1))
    for axis, size in ((0, frames // 6), (1, bands // 6)):
        width = int(random.integers(size + 1))
        start = int(random.integers(out.shape[axis] - width + 1))
        out.narrow(axis, start, width).zero_()
    return out
