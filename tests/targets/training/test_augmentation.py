"""Variations of a spectrogram: as strong as asked, drawn alike from equal seeds, and never over its padding."""

import numpy as np
import pytest
import torch

from dagster_and.targets.training.augmentation import STRENGTHS, Strength, augmented

SOUND, PADDING = 40, 60
CLIP = torch.cat([torch.randn(SOUND, 24, generator=torch.Generator().manual_seed(0)), torch.full((PADDING, 24), 7.0)])


def variations(strength: Strength, count: int = 50) -> torch.Tensor:
    random = np.random.default_rng(0)
    return torch.stack([augmented(CLIP, random, strength, SOUND) for _ in range(count)])


@pytest.mark.parametrize("strength", STRENGTHS)
def test_padding_stays_and_equal_seeds_give_equal_variations(strength: Strength):
    before = CLIP.clone()
    assert (variations(strength)[:, SOUND:] == 7.0).all()
    assert torch.equal(variations(strength), variations(strength))
    assert torch.equal(CLIP, before)


def test_none_leaves_the_clip_alone():
    assert (variations("none") == CLIP).all()


def test_strong_hides_more_than_light_and_neither_hides_a_third():
    hidden = {s: (variations(s)[:, :SOUND] == 0).double().mean(dim=(1, 2)) for s in ("light", "strong")}
    assert 0 < hidden["light"].mean() < hidden["strong"].mean()
    assert hidden["light"].max() < 0.17
    assert hidden["strong"].max() < 1 / 3


def test_only_strong_moves_sound_in_time():
    """A clip whose loudness rises from frame to frame still does after ``light``, but for what is hidden."""
    ramp = torch.arange(1.0, SOUND + 1)[:, None].expand(-1, 24)
    for strength, is_moved in (("light", False), ("strong", True)):
        random = np.random.default_rng(1)
        falls = 0
        for _ in range(20):
            out = augmented(ramp, random, strength)
            level = out.amax(dim=1)
            falls += bool((level[level > 0].diff() < 0).any())
        assert (falls > 10) == is_moved, strength


def test_without_frames_the_whole_spectrogram_is_sound():
    a, b = (augmented(CLIP, np.random.default_rng(3), "strong", frames) for frames in (None, len(CLIP)))
    assert torch.equal(a, b)
