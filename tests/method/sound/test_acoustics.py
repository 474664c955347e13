"""Measured acoustics, against sounds whose acoustics are known by construction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.sound.acoustics import Acoustics, measure, regularity

RATE = 16000


def seconds(length_s: float, rate: int = RATE) -> np.ndarray:
    return np.arange(round(length_s * rate)) / rate


def tone(hz: float, length_s: float = 1.0, level: float = 0.5, rate: int = RATE) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * seconds(length_s, rate))).astype(np.float32)


def noise(length_s: float = 1.0, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, round(length_s * RATE)).astype(np.float32)


def bursts(onsets_s: list[float], length_s: float = 2.0, attack_s: float = 0.002) -> np.ndarray:
    """Bursts of noise of 100 ms with a linear rise, in silence."""
    out = np.zeros(round(length_s * RATE))
    for onset in onsets_s:
        local = np.arange(len(out)) / RATE - onset
        out += np.clip(local / attack_s, 0, 1) * ((local >= 0) & (local < 0.1))
    return (out * noise(length_s, 0.2)).astype(np.float32)


@pytest.mark.parametrize("level", [1.0, 0.5, 0.01])
def test_the_loudness_of_a_tone_is_its_rms(level: float):
    assert measure(tone(500, level=level), RATE).loudness_dbfs == pytest.approx(20 * np.log10(level / 2**0.5), abs=0.05)


def test_silence_around_a_sound_does_not_make_it_quieter():
    alone = tone(500, 0.5)
    padded = np.concatenate([np.zeros(RATE, np.float32), alone, np.zeros(RATE, np.float32)])
    assert measure(padded, RATE).loudness_dbfs == pytest.approx(measure(alone, RATE).loudness_dbfs, abs=0.3)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("hz", [60.0, 110.0, 440.0, 1000.0, 2500.0])
def test_the_pitch_of_a_tone_is_its_frequency(hz: float, rate: int):
    assert measure(tone(hz, rate=rate), rate).pitch_hz == pytest.approx(hz, rel=0.01)


def test_a_pitch_lies_between_32_and_5000_hz():
    pitches = {hz: measure(tone(hz, rate=44100), 44100).pitch_hz for hz in (26.0, 35.0, 4900.0, 5200.0)}
    assert pitches == {26: None, 35: pytest.approx(35, rel=0.03), 4900: pytest.approx(4900, rel=0.01), 5200: None}


def test_a_tenth_of_noise_does_not_hide_a_pitch():
    """Its period repeats itself by nine tenths only."""
    assert measure(tone(200) + noise(level=0.5 / 20**0.5), RATE).pitch_hz == pytest.approx(200, rel=0.01)


def test_the_pitch_of_harmonics_is_their_fundamental_even_where_it_is_missing():
    parts = sum(tone(n * 200, level=0.2) for n in (2, 3, 4, 5))
    assert measure(np.asarray(parts), RATE).pitch_hz == pytest.approx(200, rel=0.01)


@pytest.mark.parametrize("sound", [noise(), np.zeros(RATE, np.float32), np.ones(3, np.float32)])
def test_noise_silence_and_clicks_have_no_pitch(sound: np.ndarray):
    assert measure(sound, RATE).pitch_hz is None


@pytest.mark.parametrize("hz", [300.0, 1000.0, 5000.0])
def test_the_brightness_of_a_tone_is_its_frequency_and_of_white_noise_the_middle(hz: float):
    assert measure(tone(hz), RATE).brightness_hz == pytest.approx(hz, rel=0.02)
    assert measure(noise(), RATE).brightness_hz == pytest.approx(RATE / 4, rel=0.03)


def test_tonality_runs_from_noise_to_tone():
    mixed = (tone(1000, level=0.1 * 2**0.5) + noise()).astype(np.float32)  # equal powers
    values = [measure(sound, RATE).tonality for sound in (noise(), mixed, tone(1000))]
    assert values[0] < 0.1
    assert 0.3 < values[1] < 0.7
    assert values[2] > 0.95


def test_coloured_noise_is_noise():
    spectrum = np.fft.rfft(noise(2.0))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum))))).astype(np.float32)
    assert measure(pink, RATE).tonality < 0.25


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_events_are_counted(count: int):
    onsets = [0.1 + 0.2 * i for i in range(count)]
    assert measure(bursts(onsets), RATE).events_per_s == count / 2


@pytest.mark.parametrize("sound", [tone(440), noise(), np.zeros(RATE, np.float32)])
def test_what_goes_on_has_no_events_and_is_steady(sound: np.ndarray):
    measured = measure(sound, RATE)
    assert (measured.events_per_s, measured.regularity, measured.steadiness) == (0, 0, 1)


@pytest.mark.parametrize(
    ("onsets_s", "expected"),
    [
        ([], 0.0), ([1.0], 0.0), ([1.0, 2.0], 0.0),  # no two gaps to compare
        ([0.0, 1.0, 2.0, 3.0], 1.0),
        ([0.0, 1.0, 2.15, 3.15], 1.0),  # 15 % off still counts
        ([0.0, 1.0, 2.2, 3.2], 2 / 3),
        ([0.0, 1.0, 4.0, 4.5], 1 / 3),
    ],
)  # fmt: skip
def test_regularity_is_the_share_of_gaps_near_the_median(onsets_s: list[float], expected: float):
    assert regularity(np.array(onsets_s)) == pytest.approx(expected)


@pytest.mark.parametrize("attack_s", [0.01, 0.03, 0.06])
def test_the_attack_is_the_rise_from_10_to_90_percent(attack_s: float):
    envelope = np.clip((seconds(1.0) - 0.3) / attack_s, 0, 1) * (seconds(1.0) < 0.7)
    measured = measure((envelope * tone(2000)).astype(np.float32), RATE)
    assert measured.events_per_s == 1
    assert measured.attack_ms == pytest.approx(800 * attack_s, abs=4)


def test_steadiness_is_the_share_of_time_that_is_loud():
    half = np.concatenate([noise(1.0), noise(1.0, 0.001)])
    assert measure(half, RATE).steadiness == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("factor", [0.01, 0.3, 5.0])
def test_all_but_the_loudness_does_not_hang_on_the_level(factor: float):
    sound = bursts([0.1, 0.5, 1.2]) + 0.1 * tone(700, 2.0)
    one, other = (vars(measure((f * sound).astype(np.float32), RATE)) for f in (1.0, factor))
    assert other.pop("loudness_dbfs") - one.pop("loudness_dbfs") == pytest.approx(20 * np.log10(factor), abs=0.01)
    assert other == pytest.approx(one, rel=1e-3)


@given(
    samples=st.integers(0, 3000), seed=st.integers(0, 9), rate=st.sampled_from([1000, 8000, 16000, 96000]),
    level=st.sampled_from([0.0, 1e-6, 0.1, 30.0]),
)  # fmt: skip
def test_every_waveform_has_finite_acoustics_within_their_ranges(samples: int, seed: int, rate: int, level: float):
    waveform = np.random.default_rng(seed).normal(0, level, samples).astype(np.float32)
    measured = measure(waveform, rate)
    assert isinstance(measured, Acoustics)
    assert all(np.isfinite(value) for value in vars(measured).values() if value is not None)
    assert measured.pitch_hz is None or 32 * 0.9 <= measured.pitch_hz <= 5000
    assert 0 <= measured.brightness_hz <= rate / 2 + 1e-6
    assert measured.events_per_s >= 0
    assert measured.attack_ms >= 0
    for share in (measured.tonality, measured.regularity, measured.steadiness):
        assert 0 <= share <= 1
