"""Features on disk: what was computed is what is read, and what is not whole is computed anew."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from dagster_and.audio.reading import read_waveform
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.transformers.opening import open_transformers


@pytest.fixture
def sound(tmp_path: Path) -> str:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 8000), 16000)
    return str(path)


@pytest.fixture(params=["ast", "wav2vec2"])  # features of two axes, and of one
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "cache", open_transformers(request.getfixturevalue(request.param)).frontend, 1.0)


def cached_files(cache: FeatureCache) -> list[Path]:
    return list(cache.folder.rglob("*.npy"))


def test_what_is_read_back_is_what_the_frontend_makes(cache: FeatureCache, sound: str):
    expected = cache.frontend.features(torch.from_numpy(read_waveform(Path(sound), 16000, 1.0)))
    first, again = (cache.features([(sound, "a" * 64)])[0] for _ in range(2))
    assert torch.equal(first, expected)
    assert torch.equal(again, expected)
    (file,) = cached_files(cache)
    assert np.array_equal(np.load(file), expected.numpy())  # a plain .npy, for whoever wants to look at it


def test_features_are_computed_once_for_equal_content(cache: FeatureCache, sound: str):
    (before,) = cache.features([(sound, "a" * 64)])
    (after,) = cache.features([("/no/longer/there.wav", "a" * 64)])
    assert torch.equal(before, after)


@pytest.mark.parametrize("damage", [lambda b: b[:-4], lambda b: b[:50], lambda _: b"", lambda b: b"x" * len(b)])
def test_a_file_that_is_not_whole_is_made_anew(cache: FeatureCache, sound: str, damage):
    (good,) = cache.features([(sound, "a" * 64)])
    (file,) = cached_files(cache)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert torch.equal(cache.features([(sound, "a" * 64)])[0], good)
    assert file.read_bytes() == whole


def test_another_window_is_another_feature(cache: FeatureCache, sound: str):
    cache.features([(sound, "a" * 64)])
    FeatureCache(cache.folder, cache.frontend, 0.25).features([(sound, "a" * 64)])
    assert len(cached_files(cache)) == 2
