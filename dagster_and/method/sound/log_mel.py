"""Log-mel statistics of a clip: how much energy there is in each band, how it varies, and how fast."""

from functools import cache

import torch
from torch import Tensor

SAMPLE_RATE_HZ = 16000
BANDS = 48
FRAME, HOP = 512, 256
FLOOR = 1e-7
SIZE = 3 * BANDS
"""Numbers a clip: mean, standard deviation and mean absolute change from frame to frame, for each band."""


def log_mel(waveform: Tensor) -> Tensor:
    """Log energies of a mono waveform at 16 kHz: "... sample" to "... frame mel"; a short clip is padded to a frame."""
    padded = torch.nn.functional.pad(waveform.float(), (0, max(0, FRAME - waveform.shape[-1])))
    frames = padded.unfold(-1, FRAME, HOP) * torch.hann_window(FRAME, device=waveform.device)
    power = torch.fft.rfft(frames).abs() ** 2 / FRAME
    return (power @ _filters(waveform.device) + FLOOR).log()


def statistics(waveform: Tensor) -> Tensor:
    """Log-mel statistics of a mono waveform at 16 kHz: "... sample" to "... statistic", ``SIZE`` of them."""
    bands = log_mel(waveform)
    change = (bands[..., 1:, :] - bands[..., :-1, :]).abs()
    moved = change.mean(dim=-2) if change.shape[-2] else torch.zeros_like(bands[..., 0, :])
    return torch.cat([bands.mean(dim=-2), bands.std(dim=-2, correction=0), moved], dim=-1)


@cache
def _filters(device: torch.device) -> Tensor:
    """Triangular filters on the mel scale, "bin mel", each with unit sum."""
    bins = torch.linspace(0, SAMPLE_RATE_HZ / 2, FRAME // 2 + 1)
    mel = 2595 * torch.log10(1 + bins / 700)
    edges = torch.linspace(2595 * torch.log10(torch.tensor(1 + 40 / 700)).item(), mel[-1].item(), BANDS + 2)
    rise = (mel[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - mel[:, None]) / (edges[2:] - edges[1:-1])
    filters = torch.minimum(rise, fall).clamp(min=0)
    return (filters / filters.sum(dim=0).clamp(min=1e-6)).to(device)
