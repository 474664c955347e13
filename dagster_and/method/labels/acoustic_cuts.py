"""Measured acoustics cut at natural points: the wording rules' words, and bands of pitch, loudness, brightness, onsets
and attack.

Pitch is cut into octaves from A to A, thirds of an octave, and notes (of equal temperament, A4 = 440 Hz), each with
what lies within a semitone, so that neighbours overlap and no pitch lies on a border of all; loudness into steps of
6 dB, a factor of two in amplitude; brightness into octaves; onsets and attack where a listener would count or name
them. A rule's word is said where the rule says it (docs/captions.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from dagster_and.method.sound.acoustics import PITCH_RANGE_HZ
from dagster_and.method.sound.wording import EVENTS_OF_A_RHYTHM, RULES

UNITS = {"loudness_dbfs": "dBFS", "pitch_hz": "Hz", "brightness_hz": "Hz", "events_per_s": "1/s", "attack_ms": "ms"}
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
CONCERT_A_HZ, CONCERT_A = 440.0, 69
LOWEST_A, OCTAVES = 21, 8
LOUDNESS_STEP_DB = 6
BRIGHTNESS_EDGES_HZ = (125, 250, 500, 1000, 2000, 4000, 8000)
ONSET_EDGES = (0.5, 1, 2, 4, 8)
ATTACK_EDGES_MS = (0, 5, 10, 25, 60, 120)
PITCHED = "pitched"


@dataclass(frozen=True)
class Cut:
    """What holds where ``quality`` is at least ``low`` and below ``high``; None: open. ``text`` says it."""

    quality: str
    text: str
    low: float | None
    high: float | None

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Of every clip, int8 "clip": 1, 0, or -1 where the quality is unknown (NaN)."""
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        return np.where(np.isnan(values), -1, (values >= low) & (values < high)).astype(np.int8)


def qualities(acoustics: pl.DataFrame) -> dict[str, np.ndarray]:
    """What is measured of every clip, "clip", NaN where it is unknown.

    Pitch is unknown where none is found, the attack without an onset, the rhythm with too few of them.

    Args:
        acoustics: the table ``clip_acoustics``.
    """
    values = {name: acoustics[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in acoustics.columns[1:]}
    events = values["events_per_s"]
    values["rhythm"] = np.where(events >= EVENTS_OF_A_RHYTHM, values.pop("regularity"), np.nan)
    values["attack_ms"] = np.where(events > 0, values["attack_ms"], np.nan)
    return values


def cuts() -> list[Cut]:
    """All cuts; of two with the same clips the earlier says it better."""
    return [*_words(), *_pitches(), *_bands()]


def _words() -> Iterator[Cut]:
    for rule in RULES:
        yield Cut(rule.quality, rule.word, *(end if np.isfinite(end) else None for end in (rule.low, rule.high)))


def _pitches() -> Iterator[Cut]:
    notes = range(_note(PITCH_RANGE_HZ[0]), _note(PITCH_RANGE_HZ[1]) + 1)
    for step in (12, 4):
        edges = range(LOWEST_A, LOWEST_A + 12 * OCTAVES + 1, step)
        yield from (_between_notes(low, high) for low, high in pairwise(edges))
    for note in notes:
        yield Cut("pitch_hz", f"about {_hz(note):.0f} Hz ({_name(note)})", _hz(note - 1), _hz(note + 1))


def _between_notes(low: int, high: int) -> Cut:
    ends = f"{_number(_hz(low))} to {_number(_hz(high))} Hz ({_name(low)} to {_name(high)})"
    return Cut("pitch_hz", ends, _hz(low), _hz(high))


def _name(note: int) -> str:
    return f"{NOTES[note % 12]}{note // 12 - 1}"


def _note(frequency_hz: float) -> int:
    """Nearest MIDI note: 69 is A4."""
    return round(CONCERT_A + 12 * float(np.log2(frequency_hz / CONCERT_A_HZ)))


def _hz(note: float) -> float:
    return CONCERT_A_HZ * 2 ** ((note - CONCERT_A) / 12)


def _bands() -> Iterator[Cut]:
    steps = list(range(-60, 1, LOUDNESS_STEP_DB))
    yield from _between("loudness_dbfs", steps, "{low} to {high} dBFS")
    yield from _between("brightness_hz", BRIGHTNESS_EDGES_HZ, "spectral centre of {low} to {high} Hz")
    yield Cut("events_per_s", "without onsets", None, 1e-9)
    yield from _between("events_per_s", ONSET_EDGES, "{low} to {high} onsets/s")
    yield Cut("events_per_s", f"over {ONSET_EDGES[-1]:g} onsets/s", ONSET_EDGES[-1], None)
    yield from _between("attack_ms", ATTACK_EDGES_MS, "attack of {low} to {high} ms")


def _between(quality: str, edges: Sequence[float], text: str) -> Iterator[Cut]:
    for low, high in pairwise(edges):
        said = text.format(low=_number(low), high=_number(high))
        yield Cut(quality, said, float(low), float(high))


def _number(value: float) -> str:
    """Without decimals from 10 on, and without those that are 0."""
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")
