"""Acoustics of one clip: what a listener would call loudness, pitch, brightness, tonality, rhythm, attack, steadiness.

Everything is measured on the clip's own samples with plain formulas, so that each word of a caption can be traced to a
number (docs/captions.md).
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

FRAME_S = 0.032
PITCH_FRAME_S = 0.064
HOP_S = 0.010
PITCH_RANGE_HZ = (32.0, 5000.0)
FLOOR = 1e-10
BAND_BINS = 12
FLATNESS_OF_NOISE = float(np.exp(-np.euler_gamma))
"""Expected flatness of one periodogram frame of Gaussian noise, exp(-0.5772) = 0.5615."""


@dataclass(frozen=True)
class Acoustics:
    """Measured (or, for the sound bank, true) acoustics of one clip; units and ranges as in ``clip_acoustics``."""

    loudness_dbfs: float
    pitch_hz: float | None
    brightness_hz: float
    tonality: float
    events_per_s: float
    regularity: float
    attack_ms: float
    steadiness: float


def measure(waveform: np.ndarray, sample_rate_hz: int) -> Acoustics:
    """Acoustics of a mono waveform ("sample") of any length; all but the loudness do not depend on its level."""
    peak = float(np.abs(waveform).max(initial=0.0))
    scaled = waveform.astype(np.float64) / (peak or 1.0)
    frames = _framed(scaled, sample_rate_hz, FRAME_S)
    level = 10 * np.log10(np.square(frames).mean(axis=1) + FLOOR)
    power = _power(frames)
    onsets = _onsets(_onset_strength(power))
    duration_s = max(len(waveform) / sample_rate_hz, HOP_S)
    return Acoustics(
        loudness_dbfs=_loudness(level) + 20 * float(np.log10(max(peak, 1e-5))),
        pitch_hz=_pitch(scaled, sample_rate_hz),
        brightness_hz=_brightness(power, sample_rate_hz),
        tonality=_tonality(_power(_framed(scaled, sample_rate_hz, PITCH_FRAME_S)[::2])),
        events_per_s=len(onsets) / duration_s,
        regularity=regularity(onsets * HOP_S),
        attack_ms=_attack_ms(scaled, sample_rate_hz, onsets),
        steadiness=float((level > np.percentile(level, 95) - 12).mean()),
    )


def _framed(waveform: np.ndarray, sample_rate_hz: int, frame_s: float) -> np.ndarray:
    """Frames "frame sample", one every 10 ms; a clip under one frame is padded to one."""
    size, hop = max(8, round(frame_s * sample_rate_hz)), max(1, round(HOP_S * sample_rate_hz))
    padded = np.pad(waveform, (0, max(0, size - len(waveform))))
    return sliding_window_view(padded, size)[::hop]


def _power(frames: np.ndarray) -> np.ndarray:
    """Power spectrum of each frame under a Hann window ("frame bin")."""
    return np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]), axis=1)) ** 2 + FLOOR


def _loudness(level_db: np.ndarray) -> float:
    """Mean power of the frames within 20 dB of the loudest, in dB."""
    sounding = level_db[level_db > level_db.max() - 20]
    return 10 * float(np.log10((10 ** (sounding / 10)).mean()))


def _brightness(power: np.ndarray, sample_rate_hz: int) -> float:
    """Spectral centroid of the clip's mean power spectrum, in Hz."""
    spectrum = power.sum(axis=0)
    frequencies = np.linspace(0, sample_rate_hz / 2, len(spectrum))
    return float(frequencies @ spectrum / spectrum.sum())


def _tonality(power: np.ndarray) -> float:
    """1 - energy-weighted spectral flatness, taken in narrow bands so that coloured noise is noise; 0 to 1."""
    bands = power[:, 1 : 1 + (power.shape[1] - 1) // BAND_BINS * BAND_BINS]
    if not bands.size:
        return 0.0
    bands = bands.reshape(len(power), -1, BAND_BINS)
    energy = bands.mean(axis=2)
    flatness = np.minimum(1.0, np.exp(np.log(bands).mean(axis=2)) / energy / FLATNESS_OF_NOISE)
    return float(1 - (flatness * energy).sum() / energy.sum())


def _onset_strength(power: np.ndarray) -> np.ndarray:
    """Rise over 20 ms in dB ("frame"): the mean over 24 bands, or that of the whole, whichever is larger.

    What is 40 dB under the loudest counts as silence.
    """
    edges = np.unique(np.geomspace(1, power.shape[1], 25).astype(int))
    bands = np.add.reduceat(power, edges[:-1], axis=1)
    return np.maximum(_rise_db(bands).mean(axis=1), _rise_db(power.sum(axis=1, keepdims=True))[:, 0])


def _rise_db(power: np.ndarray) -> np.ndarray:
    level = 10 * np.log10(np.maximum(power, power.max() * 1e-4))
    return np.pad(np.maximum(0, level[2:] - level[:-2]), ((2, 0), (0, 0)))[: len(level)]


def _onsets(strength: np.ndarray) -> np.ndarray:
    """Frames where a sound sets in: peaks of at least 6 dB and a third of the strongest, 60 ms apart."""
    from scipy.signal import find_peaks

    return find_peaks(strength, height=max(6.0, strength.max() / 3), distance=6)[0]


def regularity(onsets_s: np.ndarray) -> float:
    """Share of the gaps between onsets (s) within 15 % of the median gap; 0 with fewer than three onsets."""
    gaps = np.diff(onsets_s)
    if len(gaps) < 2:
        return 0.0
    median = np.median(gaps)
    return float((np.abs(gaps - median) <= 0.15 * median).mean())


def _pitch(waveform: np.ndarray, sample_rate_hz: int) -> float | None:
    """Median fundamental over the sounding frames that repeat themselves; None where under 30 % of them do.

    A frame's period is the first lag whose normalised autocorrelation comes within 10 % of the best one, which must
    reach 0.85; a period outside 32 to 5000 Hz is no pitch.
    """
    frames = _framed(waveform, sample_rate_hz, PITCH_FRAME_S)[::2]
    frames = frames - frames.mean(axis=1, keepdims=True)
    energy = np.square(frames).sum(axis=1)
    frames = frames[energy > max(energy.max() / 100, FLOOR)]
    if not len(frames):
        return None
    periods = [_period(row) for row in _autocorrelation(frames, sample_rate_hz)]
    voiced = [period for period in periods if period and sample_rate_hz / period <= PITCH_RANGE_HZ[1]]
    if len(voiced) < 0.3 * len(periods):
        return None
    return float(np.median(sample_rate_hz / np.array(voiced)))


def _autocorrelation(frames: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """At lags of half a sample, normalised by the energy of either overlapping part ("frame lag")."""
    size = frames.shape[1]
    spectrum = np.abs(np.fft.rfft(frames, n=2 * size, axis=1)) ** 2
    longest = min(size // 2, int(sample_rate_hz / PITCH_RANGE_HZ[0])) + 2
    raw = 2 * np.fft.irfft(spectrum, n=4 * size, axis=1)[:, : 2 * longest]
    squares = np.cumsum(np.square(frames), axis=1)
    lags = np.arange(2 * longest) // 2
    head, tail = squares[:, size - 1 - lags], squares[:, -1:] - np.pad(squares, ((0, 0), (1, 0)))[:, lags]
    return raw / (np.sqrt(head * tail) + FLOOR)


def _period(correlation: np.ndarray) -> float | None:
    """Period in samples, refined by a parabola through the peak; None where nothing repeats."""
    from scipy.signal import find_peaks

    below = np.flatnonzero(correlation < 0.5)
    start = below[0] if len(below) else len(correlation)
    peaks = find_peaks(correlation[start:], height=0.85)[0] + start
    if not len(peaks):
        return None
    lag = int(peaks[correlation[peaks] >= 0.9 * correlation[peaks].max()][0])
    before, at, after = correlation[lag - 1 : lag + 2]
    return (lag + 0.5 * (before - after) / (before - 2 * at + after - FLOOR)) / 2


def _attack_ms(waveform: np.ndarray, sample_rate_hz: int, onsets: np.ndarray) -> float:
    """Median over events of the rise from 10 to 90 % of the event's peak; of the whole clip where it has no events.

    The envelope is the largest sample of each 2 ms; of each 50 ms for a whole clip, where noise would hide the rise.
    """
    step_ms = 2 if len(onsets) else 50
    step = max(1, round(step_ms / 1000 * sample_rate_hz))
    usable = len(waveform) // step * step
    envelope = np.abs(waveform[:usable]).reshape(-1, step).max(axis=1) if usable else np.zeros(1)
    per_frame = 1000 * HOP_S / step_ms
    spans = [(int(max(0, (o - 4) * per_frame)), int((o + 30) * per_frame)) for o in onsets] or [(0, len(envelope))]
    rises = [_rise(envelope[start:stop]) for start, stop in spans if len(envelope[start:stop])]
    return step_ms * float(np.median(rises)) if rises else 0.0


def _rise(envelope: np.ndarray) -> int:
    """Steps from the last value under 10 % to the first over 90 % of the peak."""
    peak = envelope.max()
    reached = int(np.argmax(envelope >= 0.9 * peak))
    quiet = np.flatnonzero(envelope[: reached + 1] < 0.1 * peak)
    return reached - (int(quiet[-1]) if len(quiet) else 0)
