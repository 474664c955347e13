"""Log-mel statistics against a naive loop, and on sounds whose bands are known."""

import numpy as np
import pytest
import torch

from dagster_and.method.sound.log_mel import BANDS, FLOOR, FRAME, HOP, SAMPLE_RATE_HZ, SIZE, log_mel, statistics


def mel(hz: float) -> float:
    return 2595 * np.log10(1 + hz / 700)


EDGES_HZ = [700 * (10 ** (m / 2595) - 1) for m in np.linspace(mel(40), mel(SAMPLE_RATE_HZ / 2), BANDS + 2)]
"""Where the triangles of the bands begin, peak and end, evenly in mel from 40 Hz to half the rate."""


def naive_log_mel(samples: np.ndarray) -> np.ndarray:
    """Frame by frame and band by band."""
    padded = np.concatenate([samples, np.zeros(max(0, FRAME - len(samples)))])
    window = np.sin(np.pi * np.arange(FRAME) / FRAME) ** 2
    at = [mel(hz) for hz in np.arange(FRAME // 2 + 1) * SAMPLE_RATE_HZ / FRAME]
    rows = []
    for start in range(0, len(padded) - FRAME + 1, HOP):
        power = np.abs(np.fft.rfft(padded[start : start + FRAME] * window)) ** 2 / FRAME
        row = []
        for low, peak, high in zip(EDGES_HZ, EDGES_HZ[1:], EDGES_HZ[2:], strict=False):
            weights = np.interp(at, [mel(low), mel(peak), mel(high)], [0, 1, 0])
            row.append(np.log(power @ weights / max(weights.sum(), 1e-6) + FLOOR))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("samples", [3 * FRAME + 7, FRAME, 100])
def test_log_mel_is_that_of_a_naive_loop(samples: int):
    sound = np.random.default_rng(samples).normal(0, 0.1, samples)
    found = log_mel(torch.from_numpy(sound))
    assert found.shape == (1 + max(0, samples - FRAME) // HOP, BANDS)
    assert found.numpy() == pytest.approx(naive_log_mel(sound), abs=2e-3)


def test_a_tone_is_loudest_in_its_own_band():
    time = torch.arange(4 * FRAME) / SAMPLE_RATE_HZ
    for band in (20, 30, 45):
        tone = torch.sin(2 * np.pi * EDGES_HZ[band + 1] * time)
        assert set(log_mel(tone).argmax(dim=-1).tolist()) == {band}


def test_statistics_are_mean_spread_and_change_of_each_band_of_each_sound():
    sounds = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, (2, 4 * FRAME)))
    bands = np.stack([naive_log_mel(sound) for sound in sounds.numpy()])
    change = np.abs(np.diff(bands, axis=1)).mean(axis=1)
    expected = np.concatenate([bands.mean(axis=1), bands.std(axis=1), change], axis=1)
    assert statistics(sounds).numpy() == pytest.approx(expected, abs=2e-3)
    assert expected.shape[1] == SIZE


def test_one_frame_neither_varies_nor_changes():
    assert statistics(torch.ones(FRAME))[BANDS:].tolist() == [0] * (2 * BANDS)
