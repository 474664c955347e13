"""Spectrograms varied at random, so that a small set of sounds goes further."""

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    import torch

Strength = Literal["none", "light", "strong"]
STRENGTHS: tuple[Strength, ...] = get_args(Strength)


def augmented(
    spectrogram: "torch.Tensor", random: np.random.Generator, strength: Strength = "strong", frames: int | None = None
) -> "torch.Tensor":
    """A variation of a spectrogram "frame mel"; what is padding stays padding.

    ``none`` leaves it as it is; ``light`` varies the level and masks up to a twelfth of the time and of the bands;
    ``strong`` masks up to a sixth, as SpecAugment (Park et al. 2019) without warping, after a circular shift in time.
    Masks are zero, the mean of normalised spectrograms. A shift makes a clip of a sound that is the same from end to
    end, and another word of a word.

    Args:
        spectrogram: normalised; not changed.
        random: what draws.
        strength: how much it is varied.
        frames: number of frames that are sound; default: all.
    """
    import torch

    if strength == "none":
        return spectrogram
    out, sound = spectrogram.clone(), len(spectrogram) if frames is None else frames
    share = 6 if strength == "strong" else 12
    if strength == "strong":
        out[:sound] = torch.roll(out[:sound], int(random.integers(sound)), dims=0)
    out[:sound] += float(random.normal(0, 0.1))
    for axis, size in ((0, sound), (1, out.shape[1])):
        width = int(random.integers(size // share + 1))
        start = int(random.integers(size - width + 1))
        out.narrow(axis, start, width)[: sound if axis else width].zero_()
    return out
