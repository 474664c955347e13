"""Log-mel energies as Kaldi computes them, in torch: what AST and BEATs hear."""

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from dagster_and.devices.placement import knows_float64
from dagster_and.method.activations.timeline import Timeline

if TYPE_CHECKING:
    import torch

FRAME_SAMPLES = 400  # 25 ms at 16 kHz
HOP_SAMPLES = 160
FFT_SAMPLES = 512
PREEMPHASIS = 0.97
FLOOR = 1.1920928955078125e-07  # Kaldi's epsilon

Window = Literal["hann", "povey"]


def log_mel(waveform: "torch.Tensor", bands: int, sample_rate_hz: int, window: Window) -> "torch.Tensor":
    """Log-mel energies, float32 "... frame mel" of waveforms "... sample", computed in float64.

    Frames of 400 samples every 160, edges snipped, no dither, mean removed frame by frame; a waveform under one frame
    is padded to one. On a device that knows no float64 the CPU computes them.
    """
    import torch

    device = waveform.device
    if not knows_float64(device.type):
        return log_mel(waveform.cpu(), bands, sample_rate_hz, window).to(device)
    missing = max(0, FRAME_SAMPLES - waveform.shape[-1])
    frames = torch.nn.functional.pad(waveform.double(), (0, missing)).unfold(-1, FRAME_SAMPLES, HOP_SAMPLES)
    frames = frames - frames.mean(dim=-1, keepdim=True)
    # the first sample of a frame is its own predecessor
    first = frames[..., :1] * (1 - PREEMPHASIS)
    frames = torch.cat([first, frames[..., 1:] - PREEMPHASIS * frames[..., :-1]], dim=-1)
    power = torch.fft.rfft(frames * _window(window, device), n=FFT_SAMPLES).abs() ** 2
    return (power @ _filters(bands, sample_rate_hz, device)).clamp(min=FLOOR).log().float()


def frames_of(samples: int) -> int:
    """Number of frames in so many samples, at least one."""
    return 1 + max(0, samples - FRAME_SAMPLES) // HOP_SAMPLES


def patches_in_time(stride: int, frames: int, sample_rate_hz: int, **layout: Any) -> Timeline:
    """Of patches of so many frames, every so many; ``layout``: how their tokens lie, as Timeline has it."""
    span = FRAME_SAMPLES + (frames - 1) * HOP_SAMPLES
    return Timeline(stride * HOP_SAMPLES / sample_rate_hz, span / sample_rate_hz, **layout)


@cache
def _window(window: Window, device: "torch.device") -> "torch.Tensor":
    import torch

    hann = torch.hann_window(FRAME_SAMPLES, periodic=False, dtype=torch.float64)
    return (hann if window == "hann" else hann**0.85).to(device)


@cache
def _filters(bands: int, sample_rate_hz: int, device: "torch.device") -> "torch.Tensor":
    """Triangles of equal width on Kaldi's mel scale from 20 Hz to half the sample rate: float64 "bin mel"."""
    import torch

    def mel(frequency_hz: "torch.Tensor") -> "torch.Tensor":
        return 1127.0 * torch.log1p(frequency_hz / 700.0)

    limits = mel(torch.tensor([20.0, sample_rate_hz / 2], dtype=torch.float64))
    edges = torch.linspace(float(limits[0]), float(limits[1]), bands + 2, dtype=torch.float64)
    bins = mel(torch.arange(FFT_SAMPLES // 2 + 1, dtype=torch.float64) * sample_rate_hz / FFT_SAMPLES)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0).to(device)
