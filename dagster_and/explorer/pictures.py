"""Waveform and spectrogram of a clip, in ink of one colour on nothing: one file does for light and dark."""

from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np

from dagster_and.audio.reading import read_waveform
from dagster_and.explorer.sounds import Clip

RATE_HZ = 16_000
COLUMNS, ROWS = 480, 96
FRAME = 512
RANGE_DB = 70.0
LOWEST_HZ = 40.0
WAVE_COLUMNS, WAVE_HEIGHT = 240, 40


def waveform(clip: Clip, to: Path) -> None:
    """The envelope as one shape, as loud as the clip's loudest sample is high."""
    low, high = envelope(read_waveform(clip.path, RATE_HZ, clip.window_s), WAVE_COLUMNS)
    middle, reach = WAVE_HEIGHT / 2, WAVE_HEIGHT / 2 - 1
    upper = [f"{x},{middle - reach * max(y, 0.01):.2f}" for x, y in enumerate(high)]
    lower = [f"{x},{middle - reach * min(y, -0.01):.2f}" for x, y in reversed(list(enumerate(low)))]
    to.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WAVE_COLUMNS - 1} {WAVE_HEIGHT}" '
        f'preserveAspectRatio="none"><polygon points="{" ".join(upper + lower)}"/></svg>',
        encoding="utf-8",
    )


def envelope(samples: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest sample of each of so many stretches, "column" each, the loudest sample being 1."""
    spread = np.resize(samples, max(columns, len(samples)))
    starts = np.linspace(0, len(spread), columns, endpoint=False).astype(int)
    loudest = max(float(np.abs(spread).max()), 1e-9)
    return np.minimum.reduceat(spread, starts) / loudest, np.maximum.reduceat(spread, starts) / loudest


def spectrogram(clip: Clip, to: Path | BytesIO) -> None:
    """Time to the right, mel-spaced frequency upwards up to 8 kHz, the louder the denser the ink."""
    from PIL import Image

    level = levels(read_waveform(clip.path, RATE_HZ, clip.window_s))
    ink = np.zeros((*level.shape, 2), dtype=np.uint8)
    ink[..., 1] = np.round(255 * np.square(level[::-1]))
    picture = Image.frombytes("LA", level.shape[::-1], ink.tobytes())
    picture.resize((COLUMNS, ROWS), Image.Resampling.BILINEAR).save(to, format="PNG", optimize=True)


def levels(samples: np.ndarray) -> np.ndarray:
    """Loudness from 0 (``RANGE_DB`` below the loudest) to 1, "band frame", lowest band first."""
    padded = np.pad(samples, (FRAME // 2, FRAME // 2))
    hop = max(1, min(FRAME // 2, len(samples) // COLUMNS or 1))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::hop] * np.hanning(FRAME).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames))) @ _bands()
    decibel = 10 * np.log10(np.maximum(power, 1e-12)).T
    return np.clip((decibel - decibel.max()) / RANGE_DB + 1, 0, 1)


@cache
def _bands() -> np.ndarray:
    """Triangles on the mel scale, "bin band"; where they are narrower than a bin, the two nearest bins share it."""
    edges = np.linspace(_mel(np.array(LOWEST_HZ)), _mel(np.array(RATE_HZ / 2)), ROWS + 2)
    bins = _mel(np.fft.rfftfreq(FRAME, 1 / RATE_HZ))
    width = np.maximum(edges[1] - edges[0], np.gradient(bins))
    triangles = np.clip(1 - np.abs(bins[:, None] - edges[None, 1:-1]) / width[:, None], 0, None)
    return triangles / np.maximum(triangles.sum(axis=0), 1e-9)


def _mel(hz: np.ndarray) -> np.ndarray:
    return 2595 * np.log10(1 + hz / 700)
