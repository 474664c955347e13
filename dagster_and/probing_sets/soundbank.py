"""The embedded probing set: ten everyday sound classes, synthesised, whose true acoustics are known.

Equal seeds give equal files, and the first clips of a larger bank are those of a smaller one.
"""

import json
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from dagster_and.dissection import SoundBank
from dagster_and.foundation.files import replacing
from dagster_and.foundation.keys import digest
from dagster_and.foundation.progress import progress
from dagster_and.method.sound.acoustics import Acoustics, regularity
from dagster_and.method.sound.wording import sentence
from dagster_and.probing_sets.generators import GENERATORS, SAMPLE_RATE_HZ, Sound
from dagster_and.probing_sets.listing import Listing, SourceFile

VERSION = 1
FOLDS = 5
NOISE_FLOOR_DBFS = (-75.0, -55.0)
LOUDNESS_DBFS = (-38.0, -10.0)
PEAK = 0.98
CHECKSUM = "crc32"
"""Of the sound, beside its truth."""


def classes() -> list[str]:
    """Names of the ten classes."""
    return sorted(GENERATORS)


def lay_out(folder: Path, section: SoundBank) -> Listing:
    """Synthesise whatever of the bank is not there yet, into ``folder/<key>/<class>/``.

    A clip's truth stands in a JSON beside it and is written last, so a kill at any moment is repaired by the next call.
    """
    root = folder / digest(VERSION, section.seed, section.window_s)[:12]
    wanted = [(name, i) for name in classes() for i in range(section.clips_per_class)]
    files = [_clip(root, name, i, section) for name, i in progress(wanted, "sound bank", "clips", len(wanted))]
    return Listing(tuple(files))


def plan(section: SoundBank) -> Listing:
    """The bank's files by name, label and fold, without synthesising any."""
    names = [(name, i) for name in classes() for i in range(section.clips_per_class)]
    return Listing(tuple(SourceFile(_filename(n, i), Path(_filename(n, i)), n, 1 + i % FOLDS) for n, i in names))


def synthesise(name: str, index: int, section: SoundBank) -> tuple[np.ndarray, Acoustics]:
    """One clip, float64 ("sample") at 16 kHz, and its truth."""
    random = np.random.default_rng([VERSION, section.seed, classes().index(name), index])
    time_s = np.arange(int(section.window_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = GENERATORS[name](random, time_s)
    clean = sound.tonal + sound.noise
    loudness = random.uniform(*LOUDNESS_DBFS)
    gain = 10 ** (loudness / 20) / sounding_level(clean)
    gain = min(gain, PEAK / float(np.abs(clean).max()))
    floor = 10 ** (random.uniform(*NOISE_FLOOR_DBFS) / 20) * random.normal(size=len(clean))
    truth = _truth(sound, gain, section.window_s)
    return np.clip(gain * clean + floor, -1, 1), truth


def sounding_level(signal: np.ndarray) -> float:
    """RMS of the 32 ms frames within 20 dB of the loudest: how loud it is while it sounds."""
    frames = np.square(signal[: len(signal) // 512 * 512].reshape(-1, 512)).mean(axis=1)
    return float(np.sqrt(frames[frames > frames.max() / 100].mean()))


def _truth(sound: Sound, gain: float, window_s: float) -> Acoustics:
    clean = sound.tonal + sound.noise
    spectrum = np.abs(np.fft.rfft(clean)) ** 2
    energies = float(np.square(sound.tonal).sum()), float(np.square(sound.noise).sum())
    frames = np.square(clean[: len(clean) // 512 * 512].reshape(-1, 512)).mean(axis=1)
    return Acoustics(
        loudness_dbfs=20 * float(np.log10(gain * sounding_level(clean))),
        pitch_hz=sound.pitch_hz,
        brightness_hz=float(np.fft.rfftfreq(len(clean), 1 / SAMPLE_RATE_HZ) @ spectrum / spectrum.sum()),
        tonality=energies[0] / sum(energies),
        events_per_s=len(sound.onsets_s) / window_s,
        regularity=regularity(np.array(sound.onsets_s)),
        attack_ms=sound.attack_ms,
        steadiness=float((frames > np.percentile(frames, 95) * 10**-1.2).mean()),
    )


def _filename(name: str, index: int) -> str:
    return f"{name}/{name}-{index:03d}.wav"


def _whole(path: Path, facts: Path) -> Acoustics | None:
    """The truth of a clip that is there as it was written, and None of another. One of an earlier version of this code
    has no checksum.
    """
    try:
        said = json.loads(facts.read_text(encoding="utf-8"))
        checksum = said.pop(CHECKSUM, None)
        is_whole = path.exists() if checksum is None else zlib.crc32(path.read_bytes()) == checksum
        return Acoustics(**said) if is_whole else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _clip(root: Path, name: str, index: int, section: SoundBank) -> SourceFile:
    filename = _filename(name, index)
    path, facts = root / filename, (root / filename).with_suffix(".json")
    truth = _whole(path, facts)
    if truth is None:
        waveform, truth = synthesise(name, index, section)
        sound = BytesIO()  # libsndfile has no word for a disk that is full
        soundfile.write(sound, waveform, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
        with replacing(path) as temporary:
            temporary.write_bytes(sound.getvalue())
        with replacing(facts) as temporary:
            said = vars(truth) | {CHECKSUM: zlib.crc32(sound.getvalue())}
            temporary.write_text(json.dumps(said), encoding="utf-8")
    caption = sentence(name, truth, seed=section.seed * 1_000_003 + index)
    return SourceFile(filename, path, name, 1 + index % FOLDS, caption, truth)
