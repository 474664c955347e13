"""What one home has made, another home of the same lake need not make again."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from dagster_and.encoders.embeddings import Embeddings
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import ALONE, Shared
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.recording.shards import Shards

GONE = "/no/longer/there.wav"


class Doubled:
    """A frontend that hears twice the samples, and counts what it was given."""

    key, sample_rate_hz, has_cls_token, timeline = "doubled", 16_000, False, None

    def __init__(self):
        self.heard = 0

    def features(self, waveform: torch.Tensor) -> torch.Tensor:
        self.heard += 1
        return 2 * waveform


@pytest.fixture
def homes(tmp_path: Path, url: str) -> list[Home]:
    return [Home(tmp_path / name, url) for name in ("one", "other")]


@pytest.fixture
def sound(tmp_path: Path) -> tuple[str, str]:
    """Its path and SHA-256."""
    path = tmp_path / "sound.WAV"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 8000), 16000, format="WAV")
    return str(path), hashlib.sha256(path.read_bytes()).hexdigest()


def cache(home: Home, frontend: Doubled) -> FeatureCache:
    return FeatureCache(home.cache / "features", frontend, 1.0, Shared.of(home))


def test_features_are_computed_in_one_home(homes: list[Home], sound: tuple[str, str]):
    first, second = Doubled(), Doubled()
    (made,) = cache(homes[0], first).features([sound])
    (brought,) = cache(homes[1], second).features([(GONE, sound[1])])
    assert torch.equal(made, brought)
    assert (first.heard, second.heard) == (1, 0)


def test_a_sound_that_is_not_here_is_taken_from_the_lake_by_its_content(homes: list[Home], sound: tuple[str, str]):
    clips = pl.DataFrame([sound], schema=["path", "sha256"], orient="row")
    Shared.of(homes[0]).give_sounds(clips)
    Shared.of(homes[0]).give_sounds(clips)
    elsewhere = clips.with_columns(path=pl.lit("/no/longer/there.WAV"))
    (path,) = Shared.of(homes[1]).heard_here(elsewhere)["path"]
    assert Path(path).read_bytes() == Path(sound[0]).read_bytes()
    assert Path(path).is_relative_to(homes[1].cache)
    assert Shared.of(homes[0]).heard_here(clips)["path"].to_list() == [sound[0]]
    assert Shared.of(homes[1]).sound(GONE, "0" * 64) == GONE


def test_a_clip_whose_features_nobody_has_is_heard_from_the_lakes_sound(homes: list[Home], sound: tuple[str, str]):
    Shared.of(homes[0]).give_sounds(pl.DataFrame([sound], schema=["path", "sha256"], orient="row"))
    frontend = Doubled()
    (features,) = cache(homes[1], frontend).features([("/no/longer/there.WAV", sound[1])])
    assert frontend.heard == 1
    assert len(features) == 8000


def test_activations_by_clip_are_found_in_another_home(homes: list[Home]):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    Shards(homes[0].cache / "shards" / "key", 3, Shared.of(homes[0])).write(["a", "b"], [[values]])
    found = Shards(homes[1].cache / "shards" / "key", 3, Shared.of(homes[1]))
    assert found.find(["b", "c"]) == {"b"}
    assert np.concatenate(list(found.read(["b", "a"], range(3), 1000))).tolist() == values[::-1].T.tolist()


class Counting:
    def __init__(self):
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32)


def vectors(home: Home) -> Embeddings:
    return Embeddings(home.cache / "embeddings" / "model", Shared.of(home))


def test_a_text_is_encoded_in_one_home(homes: list[Home]):
    first, second = Counting(), Counting()
    made = vectors(homes[0]).encode(["dog", "rain"], first)
    assert (vectors(homes[1]).encode(["rain", "dog", "cat"], second)[:2] == made[::-1]).all()
    assert second.asked == ["cat"]
    assert vectors(homes[0]).encode(["cat"], first).tolist() == [[3, 99]]
    assert first.asked == ["dog", "rain"]


def test_vectors_that_were_put_together_are_not_fetched_again(homes: list[Home]):
    for number in range(40):
        vectors(homes[0]).encode([f"text {number}"], Counting())
    files = {path.name for path in (homes[0].cache / "embeddings" / "model").glob("*.parquet")}
    assert len(files) < 40
    vectors(homes[0]).encode(["another"], Counting())
    after = {path.name for path in (homes[0].cache / "embeddings" / "model").glob("*.parquet")}
    assert len(after - files) == 1


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_network_made_in_one_home_is_brought_to_another_as_it_is(homes: list[Home], kind: str):
    name = {"folder": "ast-0123", "file": "beats-0123.pt"}[kind]
    made, wanted = (home.checkpoints / name for home in homes)
    made.parent.mkdir(parents=True)
    files = {"config.json": b"{}", "model.safetensors": bytes(1000)} if kind == "folder" else {}
    if files:
        made.mkdir()
    else:
        made.write_bytes(b"weights")
    for file, content in files.items():
        (made / file).write_bytes(content)
    Shared.of(homes[1]).bring_network(wanted)
    assert not wanted.exists()
    Shared.of(homes[0]).give_network(made)
    Shared.of(homes[1]).bring_network(wanted)
    if files:
        assert {path.name: path.read_bytes() for path in wanted.iterdir()} == files
    else:
        assert wanted.read_bytes() == b"weights"
    assert [path.name for path in wanted.parent.iterdir()] == [name]


def test_what_was_published_last_is_what_every_home_follows(homes: list[Home]):
    own, others = (home.reports / "figure.png" for home in homes)
    own.parent.mkdir(parents=True)
    own.write_bytes(b"first")
    Shared.of(homes[0]).publish(own)
    Shared.of(homes[1]).follow_all(homes[1].reports)
    assert others.read_bytes() == b"first"
    others.write_bytes(b"second")
    Shared.of(homes[1]).publish(others)
    Shared.of(homes[0]).follow([own])
    assert own.read_bytes() == b"second"
    before = own.stat()
    Shared.of(homes[0]).follow([own, homes[0].warehouse])
    assert own.stat() == before
    assert not homes[0].warehouse.exists()


def test_a_home_with_a_lake_of_its_own_shares_nothing(tmp_path: Path, sound: tuple[str, str]):
    home = Home(tmp_path / "home")
    clips = pl.DataFrame([(GONE, sound[1])], schema=["path", "sha256"], orient="row")
    for shared in (Shared.of(home), ALONE):
        assert shared.bring([home.cache / "features" / "a.npy"]) == []
        assert shared.bring_all(home.cache) == []
        assert shared.heard_here(clips)["path"].to_list() == [GONE]
        shared.give([home.cache / "not there"])
        shared.give_sounds(clips)
        shared.give_network(home.checkpoints / "not there")
        shared.bring_network(home.checkpoints / "not there")
        shared.publish(home.warehouse)
        shared.follow([home.warehouse])
    assert not home.root.exists()
