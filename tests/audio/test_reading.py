"""Reading sound: every format, rate, channel count and length; every reason to refuse a file."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_and.audio.reading import Rejected, file_sha256, inspect, read_waveform

SUFFIXES = ("wav", "flac", "ogg", "mp3")
LOSSY = {"ogg": 0.1, "mp3": 0.1, "wav": 1e-4, "flac": 1e-4}


def tone(seconds: float, rate: int, hz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, samples)


def refusal(path: Path, window_s: float = 1.0) -> str:
    with pytest.raises(Rejected) as caught:
        inspect(path, window_s)
    assert caught.value.detail.endswith((".", "1")), caught.value.detail
    assert "\n" not in caught.value.detail
    return caught.value.reason


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_rate_and_channel_count_is_read(tmp_path: Path, suffix: str, rate: int, channels: int):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, np.stack([tone(0.8, rate)] * channels, axis=1), rate)
    facts = inspect(path, 0.5)
    assert (facts.sample_rate_hz, facts.channels) == (rate, channels)
    assert facts.duration_s == pytest.approx(0.8, abs=0.001)
    assert facts.rms_dbfs == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.5)
    heard = read_waveform(path, 16000, 0.5)
    assert heard.dtype == np.float32
    assert len(heard) == 8000
    middle = slice(1000, 7000)  # resampling rings at the ends
    np.testing.assert_allclose(heard[middle], tone(0.5, 16000)[middle], atol=max(0.02, LOSSY[suffix]))


@pytest.mark.parametrize(("channels", "rate"), [(3, 96000), (6, 192000), (8, 11025)])
def test_many_channels_and_odd_rates_are_mixed_down(tmp_path: Path, channels: int, rate: int):
    path = tmp_path / "many.wav"
    loud_first = np.zeros((rate, channels))
    loud_first[:, 0] = tone(1.0, rate)
    soundfile.write(path, loud_first, rate)
    facts = inspect(path, 1.0)
    assert facts.channels == channels
    assert facts.rms_dbfs == pytest.approx(20 * np.log10(0.5 / np.sqrt(2) / channels), abs=0.1)
    assert np.abs(read_waveform(path, 16000, 1.0)).max() == pytest.approx(0.5 / channels, abs=0.02)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    samples=st.integers(1, 40_000),
    rate=st.sampled_from([1000, 8000, 16000, 44100, 96000]),
    window_s=st.sampled_from([0.001, 0.1, 0.3, 1.0, 5.0]),
)
def test_every_length_is_cropped_to_the_window_and_never_padded(tmp_path: Path, samples, rate, window_s):
    path = tmp_path / "any.wav"
    soundfile.write(path, noise(samples) + 0.01, rate, subtype="FLOAT")
    facts = inspect(path, window_s)
    assert facts.duration_s == samples / rate
    heard = read_waveform(path, 16000, window_s)
    kept = min(samples, max(1, round(window_s * rate)))
    assert max(1, kept * 16000 / rate - 1) <= len(heard) <= kept * 16000 / rate + 1
    assert np.isfinite(heard).all()


def test_what_is_heard_is_the_start_of_the_file(tmp_path: Path):
    soundfile.write(tmp_path / "ramp.wav", np.linspace(0, 0.9, 16000), 16000, subtype="FLOAT")
    np.testing.assert_allclose(read_waveform(tmp_path / "ramp.wav", 16000, 0.25), np.linspace(0, 0.9, 16000)[:4000])


def test_the_digest_is_of_the_bytes(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.97])
def test_a_file_cut_short_is_found_in_every_container(tmp_path: Path, suffix: str, kept: float):
    path = tmp_path / f"cut.{suffix}"
    soundfile.write(path, noise(48000), 16000)
    whole = path.read_bytes()
    inspect(path, 1.0)
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert refusal(path) == "cut_short"


def test_a_flac_of_open_length_is_refused(tmp_path: Path):
    """Recorders that are killed leave it so: the header's sample count is zero."""
    path = tmp_path / "open.flac"
    soundfile.write(path, noise(16000), 16000)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    assert refusal(path) == "cut_short"


def test_a_wav_that_was_streamed_has_an_open_size_and_is_whole(tmp_path: Path):
    path = tmp_path / "streamed.wav"
    soundfile.write(path, noise(1600), 16000)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(content)
    assert inspect(path, 1.0).duration_s == 0.1


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"not sound at all" * 100, bytes(5000), b"RIFF\0\0\0\0WEBPVP8 " * 9])
def test_what_is_no_audio_is_refused_whatever_its_name(tmp_path: Path, suffix: str, content: bytes):
    path = tmp_path / f"text.{suffix}"
    path.write_bytes(content)
    assert refusal(path) == "not_audio"


@pytest.mark.parametrize(("samples", "reason"), [(b"", "empty"), (None, "missing")])
def test_empty_and_missing_files_are_refused(tmp_path: Path, samples: bytes | None, reason: str):
    path = tmp_path / "clip.wav"
    if samples is not None:
        path.write_bytes(samples)
    assert refusal(path) == reason


def test_a_header_without_samples_is_empty(tmp_path: Path):
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16000)
    assert refusal(tmp_path / "none.wav") == "empty"


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(1600), "silent"),
        (np.full(1600, 10 ** (-91 / 20)), "silent"),
        (np.stack([noise(1600), -noise(1600)], axis=1), "silent"),  # the channels cancel out: mono is silence
        (np.r_[np.zeros(16000), np.ones(1600)], "silent"),  # the sound comes after the window
        (np.full(1600, np.nan), "not_finite"),
        (np.r_[noise(1600), np.nan], "not_finite"),
        (np.r_[noise(16000), np.inf], "not_finite"),  # even outside the window: such a file is broken
        (np.full(1600, 32.0), "out_of_range"),
    ],
)
def test_silence_and_impossible_samples_are_refused(tmp_path: Path, samples: np.ndarray, reason: str):
    soundfile.write(tmp_path / "clip.wav", samples, 16000, subtype="FLOAT")
    assert refusal(tmp_path / "clip.wav") == reason


def test_the_quietest_and_the_loudest_that_are_let_in(tmp_path: Path):
    for level_dbfs in (-89.0, 29.0):
        soundfile.write(tmp_path / "clip.wav", np.full(1600, 10 ** (level_dbfs / 20)), 16000, subtype="FLOAT")
        assert inspect(tmp_path / "clip.wav", 1.0).rms_dbfs == pytest.approx(level_dbfs, abs=0.01)


@pytest.mark.timeout(20)
def test_pipes_folders_loops_and_headerless_samples_neither_hang_nor_crash(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "samples.raw").write_bytes(bytes(range(256)) * 10)
    found = {path.name: refusal(path) for path in tmp_path.iterdir()}
    assert found == {
        "pipe.wav": "not_audio", "folder.wav": "not_audio", "loop.wav": "missing", "samples.raw": "not_audio",
    }  # fmt: skip
