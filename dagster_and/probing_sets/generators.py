"""Ten everyday sounds from parametric generators. Each draws its parameters, makes a sound, and tells the truth on it.

A generator returns the tonal and the noisy part apart, so that the share of tonal energy is known, with the onsets and
the pitch that it chose. Nothing is measured that could be known.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Random = np.random.Generator


@dataclass
class Sound:
    """One synthesised sound: two waveforms ("sample") that add up to it, and what the generator decided."""

    tonal: np.ndarray
    noise: np.ndarray
    pitch_hz: float | None = None
    onsets_s: list[float] = field(default_factory=list)
    attack_ms: float = 0.0


def clock_tick(random: Random, time_s: np.ndarray) -> Sound:
    """Even clicks, every second one a little lower."""
    rate, band = random.uniform(1.5, 5.0), random.uniform(2500, 4500)
    onsets = _even(random, time_s, rate, jitter=0.0)
    noise = _events(random, time_s, onsets, attack_s=0.0005, decay_s=random.uniform(0.008, 0.02))
    alternate = _events(random, time_s, onsets[::2], attack_s=0.0005, decay_s=0.008)
    noise = _band(noise, band * 0.7, band * 1.3) + 0.6 * _band(alternate, band * 0.4, band * 0.7)
    return Sound(np.zeros_like(noise), noise, onsets_s=onsets, attack_ms=1.0)


def door_knock(random: Random, time_s: np.ndarray) -> Sound:
    """Groups of low thumps."""
    gap, pause = random.uniform(0.14, 0.24), random.uniform(0.4, 0.8)
    onsets, at = [], random.uniform(0.06, 0.3)
    while at < time_s[-1] - 0.1:
        group = [at + gap * i for i in range(int(random.integers(2, 5)))]
        onsets += [t for t in group if t < time_s[-1] - 0.1]
        at = group[-1] + gap + pause
    centre = random.uniform(160, 420)
    noise = _band(_events(random, time_s, onsets, 0.001, random.uniform(0.02, 0.05)), centre * 0.6, centre * 1.7)
    return Sound(np.zeros_like(noise), noise, onsets_s=onsets, attack_ms=2.0)


def footsteps(random: Random, time_s: np.ndarray) -> Sound:
    """Soft broad crunches at a walking pace, slightly uneven."""
    onsets = _even(random, time_s, random.uniform(1.5, 2.8), jitter=0.05)
    envelope_s = random.uniform(0.03, 0.07)
    noise = _events(random, time_s, onsets, attack_s=0.012, decay_s=envelope_s)
    noise = _band(noise, 250, random.uniform(1200, 2600))
    return Sound(np.zeros_like(noise), noise, onsets_s=onsets, attack_ms=12.0)


def rain(random: Random, time_s: np.ndarray) -> Sound:
    """A steady hiss with many small drops in it."""
    noise = _band(random.normal(size=len(time_s)), random.uniform(700, 1500), random.uniform(5500, 7500))
    drops = _scattered(random, time_s, random.uniform(15, 40))
    patter = _band(_events(random, time_s, drops, 0.001, 0.006), 2000, 7000)
    return Sound(np.zeros_like(noise), noise + random.uniform(0.2, 0.8) * patter, attack_ms=1000 * float(time_s[-1]))


def wind(random: Random, time_s: np.ndarray) -> Sound:
    """Low noise that swells and falls."""
    swell = np.cumsum(random.normal(size=len(time_s) // 800 + 2))
    swell = np.interp(np.arange(len(time_s)), np.arange(len(swell)) * 800, swell)
    swell = 0.25 + (swell - swell.min()) / max(np.ptp(swell), 1e-9)
    noise = _band(random.normal(size=len(time_s)), 40, random.uniform(250, 600)) * swell
    return Sound(np.zeros_like(noise), noise, attack_ms=500.0)


def engine(random: Random, time_s: np.ndarray) -> Sound:
    """A low hum of harmonics with a rumble under it."""
    pitch = random.uniform(55, 130)
    wobble = 1 + 0.01 * np.sin(2 * np.pi * random.uniform(0.5, 2) * time_s)
    tonal = _harmonics(random, pitch * wobble, rolloff=random.uniform(0.8, 1.3), count=12)
    noise = _band(random.normal(size=len(time_s)), 40, 400)
    return Sound(
        tonal, random.uniform(0.1, 0.4) * _unit(noise) * _level(tonal), pitch, attack_ms=1000 * float(time_s[-1])
    )


def siren(random: Random, time_s: np.ndarray) -> Sound:
    """A tone that glides up and down."""
    centre, depth = random.uniform(600, 1200), random.uniform(0.15, 0.4)
    glide = centre * (1 + depth * np.sin(2 * np.pi * random.uniform(0.4, 1.5) * time_s + random.uniform(0, 6.28)))
    tonal = _harmonics(random, glide, rolloff=1.6, count=4)
    noise = 0.02 * random.normal(size=len(time_s))
    return Sound(tonal, noise * _level(tonal), centre, attack_ms=1000 * float(time_s[-1]))


def alarm_beep(random: Random, time_s: np.ndarray) -> Sound:
    """Even beeps of one high pitch."""
    pitch, rate = random.uniform(1100, 2600), random.uniform(2.0, 5.0)
    onsets = _even(random, time_s, rate, jitter=0.0)
    length = 0.5 / rate
    gate = _gate(time_s, onsets, length, 0.004)
    tonal = _harmonics(random, np.full(len(time_s), pitch), rolloff=1.5, count=3) * gate
    return Sound(tonal, np.zeros_like(tonal), pitch, onsets, attack_ms=3.2)


def bird_chirp(random: Random, time_s: np.ndarray) -> Sound:
    """Short high notes that slide, at uneven moments."""
    pitch = random.uniform(2400, 4600)
    onsets = _scattered(random, time_s, random.uniform(2.5, 6.0), apart_s=0.13)
    tonal = np.zeros(len(time_s))
    for onset in onsets:
        local = time_s - onset
        slide = pitch * (1 + random.uniform(-0.12, 0.12) * np.clip(local / 0.08, 0, 1))
        tonal += np.sin(2 * np.pi * np.cumsum(slide) * (time_s[1] - time_s[0])) * _gate(time_s, [onset], 0.08, 0.012)
    return Sound(tonal, np.zeros_like(tonal), pitch, onsets, attack_ms=9.6)


def dog_bark(random: Random, time_s: np.ndarray) -> Sound:
    """Rough barks that fall in pitch, at uneven moments."""
    pitch = random.uniform(280, 600)
    onsets = _scattered(random, time_s, random.uniform(1.2, 2.4), apart_s=0.3)
    tonal, noise = np.zeros(len(time_s)), np.zeros(len(time_s))
    for onset in onsets:
        local = np.clip((time_s - onset) / 0.18, 0, 1)
        gate = _gate(time_s, [onset], 0.18, 0.02)
        tonal += _harmonics(random, pitch * (1.15 - 0.3 * local), rolloff=0.7, count=8) * gate
        noise += _band(random.normal(size=len(time_s)), 400, 2500) * gate
    noise = _unit(noise) * _level(tonal) * random.uniform(0.3, 0.6)
    return Sound(tonal, noise, pitch, onsets, attack_ms=16.0)


GENERATORS: dict[str, Callable[[Random, np.ndarray], Sound]] = {
    f.__name__: f
    for f in (alarm_beep, bird_chirp, clock_tick, dog_bark, door_knock, engine, footsteps, rain, siren, wind)
}
"""The ten classes, by name."""


def _even(random: Random, time_s: np.ndarray, rate: float, jitter: float) -> list[float]:
    start = random.uniform(0.06, min(0.3, 1 / rate))
    onsets = np.arange(start, time_s[-1] - 0.08, 1 / rate)
    return [float(t) for t in onsets + random.normal(0, jitter / rate, len(onsets)).clip(-0.1, 0.1)]


def _scattered(random: Random, time_s: np.ndarray, rate: float, apart_s: float = 0.0) -> list[float]:
    """Onsets with exponential gaps, at least ``apart_s`` from each other; at least one."""
    onsets = [random.uniform(0.06, 0.3)]
    while (following := onsets[-1] + apart_s + random.exponential(1 / rate)) < time_s[-1] - 0.2:
        onsets.append(following)
    return onsets


def _events(random: Random, time_s: np.ndarray, onsets: list[float], attack_s: float, decay_s: float) -> np.ndarray:
    """Bursts of noise that rise within ``attack_s`` and decay exponentially."""
    envelope = np.zeros(len(time_s))
    for onset in onsets:
        local = time_s - onset
        rise = np.clip(local / attack_s, 0, 1)
        envelope += rise * np.exp(-np.maximum(local - attack_s, 0) / decay_s)
    return envelope * random.normal(size=len(time_s))


def _gate(time_s: np.ndarray, onsets: list[float], length_s: float, ramp_s: float) -> np.ndarray:
    """1 during each event, with linear ramps."""
    gate = np.zeros(len(time_s))
    for onset in onsets:
        local = time_s - onset
        gate = np.maximum(gate, np.clip(np.minimum(local / ramp_s, (length_s - local) / ramp_s), 0, 1))
    return gate


def _harmonics(random: Random, pitch_hz: np.ndarray, rolloff: float, count: int) -> np.ndarray:
    """Harmonics of a moving pitch, the n-th at n^-rolloff, none above 7.5 kHz."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    kept = [n for n in range(1, count + 1) if n * pitch_hz.max() < 7500]
    return np.sum([np.sin(n * phase + random.uniform(0, 6.28)) * n**-rolloff for n in kept], axis=0)


def _band(noise: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    high = min(high_hz, 0.49 * SAMPLE_RATE_HZ)
    return np.asarray(sosfilt(butter(2, (low_hz, high), "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), noise))


def _level(signal: np.ndarray) -> float:
    return float(np.sqrt(np.square(signal).mean()))


def _unit(signal: np.ndarray) -> np.ndarray:
    return signal / max(_level(signal), 1e-12)


SAMPLE_RATE_HZ = 16000
"""Rate of every clip of the sound bank."""
