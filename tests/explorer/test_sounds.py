"""Clips as they sound and look."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from dagster_and.audio.reading import file_sha256
from dagster_and.explorer.pictures import ROWS, envelope, levels
from dagster_and.explorer.sounds import KEPT, Clip, Sounds
from tests.explorer.conftest import RATE_HZ, TINY


@pytest.fixture
def sounds() -> Iterator[Sounds]:
    sounds = Sounds()
    yield sounds
    sounds.close()


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32)


def test_a_clip_sounds_as_it_was_heard(client: TestClient):
    answer = client.get(f"/d/{TINY}/clips/0/sound")
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == "audio/flac"
    assert (rate, samples.ndim, len(samples)) == (RATE_HZ, 1, 2 * RATE_HZ)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) / 2 == 220


def test_a_part_of_a_sound_can_be_asked_for(client: TestClient):
    whole = client.get(f"/d/{TINY}/clips/0/sound").content
    part = client.get(f"/d/{TINY}/clips/0/sound", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole[10:20]


def test_only_the_window_of_a_stereo_file_is_played_as_one_channel(sounds: Sounds, tmp_path: Path):
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([tone(440), np.zeros(RATE_HZ, dtype=np.float32)], axis=1), RATE_HZ)
    samples, _ = soundfile.read(sounds.sound(Clip(path, file_sha256(path), 0.25)))
    assert samples.shape == (RATE_HZ // 4,)
    np.testing.assert_allclose(samples, tone(440, 0.25) / 2, atol=1e-4)


def test_a_higher_tone_stands_higher_in_the_spectrogram():
    places = [int(levels(tone(hertz)).mean(axis=1).argmax()) for hertz in (100, 500, 2000, 7000)]
    assert places == sorted(set(places))
    assert places[0] > 0
    assert places[-1] < ROWS
    assert levels(tone(500)).max() == 1


@pytest.mark.parametrize("length", [1, 2, 511, 512, 513, 100_000])
def test_a_clip_of_any_length_can_be_drawn(sounds: Sounds, tmp_path: Path, length: int):
    path = tmp_path / "short.wav"
    soundfile.write(path, np.full(length, 0.1, dtype=np.float32), RATE_HZ)
    clip = Clip(path, file_sha256(path), 10.0)
    assert sounds.spectrogram(clip).read_bytes().startswith(b"\x89PNG")
    assert sounds.waveform(clip).read_text().startswith("<svg")


def test_silence_is_drawn_as_nothing_loud():
    low, high = envelope(np.zeros(1000, dtype=np.float32), 10)
    assert not low.any()
    assert not high.any()


def test_the_envelope_reaches_from_the_least_to_the_greatest_sample():
    low, high = envelope(np.array([0, 1, 0, -2, 0, 0.5], dtype=np.float32), 3)
    np.testing.assert_allclose(low, [0, -1, 0])
    np.testing.assert_allclose(high, [0.5, 0, 0.25])


def test_files_are_made_once_and_only_the_last_ones_are_kept(
    sounds: Sounds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dagster_and.explorer.sounds.KEPT", 2)
    assert KEPT > 2
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(440), RATE_HZ)
    key = file_sha256(path)
    first = sounds.sound(Clip(path, key, 0.1))
    assert sounds.sound(Clip(path, key, 0.1)) == first
    made = [sounds.sound(Clip(path, key, window)) for window in (0.2, 0.3)]
    assert not first.exists()
    assert all(file.exists() for file in made)
    sounds.close()
    assert not any(file.exists() for file in made)
