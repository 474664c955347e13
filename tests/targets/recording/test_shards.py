"""Clips that were heard are not heard again, and nothing can be told from where their values came."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, load_file

from dagster_and.dissection import Activations, ModuleTarget
from dagster_and.foundation.errors import UserError
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.module.opening import open_module
from dagster_and.targets.recording import activations
from dagster_and.targets.recording.activations import record
from dagster_and.targets.recording.shards import Shards
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.opening import open_transformers

BATCH = 4
WINDOW_S = 0.6
CONVOLUTIONS = """
from torch import nn

def make():
    layers = nn.Conv1d(1, 48, 64, stride=16), nn.ReLU(), nn.Conv1d(48, 64, 8, stride=4), nn.AdaptiveAvgPool1d(1)
    return nn.Sequential(nn.Unflatten(1, (1, -1)), *layers, nn.Flatten(), nn.Linear(64, 8))
"""
"""A network whose values do depend on the size of its batches, in the last digits."""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Ten clips of several lengths."""
    folder, random = tmp_path_factory.mktemp("clips"), np.random.default_rng(0)
    for i in range(10):
        soundfile.write(folder / f"{i}.wav", random.normal(0, 0.1, 2000 + 900 * i), 16000)
    return pl.DataFrame(
        {"path": [str(folder / f"{i}.wav") for i in range(10)], "sha256": [f"{i:064x}" for i in range(10)]}
    )


def recorded(target: Target, clips: pl.DataFrame, folder: Path, window_s: float = WINDOW_S, **given) -> np.ndarray:
    """The table's activations, "neuron clip"."""
    identity = given.pop("identity", "")
    features = FeatureCache(folder / "features", target.frontend, window_s)
    settings = Activations(**{"pooling": "mean", "batch_size": BATCH} | given)
    batches = list(record(target, clips, features, settings, folder / "shards", identity))
    return np.concatenate([b.column("activation").flatten().to_numpy().reshape(b.num_rows, -1) for b in batches])


def opened(family: str, request: pytest.FixtureRequest, folder: Path) -> Target:
    if family != "convolutions":
        return open_transformers(request.getfixturevalue(family), window_s=WINDOW_S)
    file = folder / "network.py"
    file.write_text(CONVOLUTIONS)
    section = ModuleTarget(
        family="module", factory=f"{file}:make", sample_rate_hz=16000, layers=(("1", "3"), ("6",)), units="auto"
    )
    return open_module(section, section.factory, section.layers, window_s=WINDOW_S)


@contextmanager
def passes(target: Target, most: int = 1000) -> Iterator[list[int]]:
    """A number for every forward pass; the one after ``most`` is interrupted."""
    seen: list[int] = []

    def count(*_: object) -> None:
        if len(seen) == most:
            raise KeyboardInterrupt
        seen.append(len(seen))

    handle = target.model.register_forward_pre_hook(count)
    try:
        yield seen
    finally:
        handle.remove()


@pytest.mark.parametrize("family", ["ast", "wav2vec2", "whisper", "convolutions"])
def test_only_added_clips_are_heard_and_the_table_is_that_of_a_run_from_scratch(
    request: pytest.FixtureRequest, clips: pl.DataFrame, tmp_path: Path, family: str
):
    target = opened(family, request, tmp_path)
    whole = recorded(target, clips, tmp_path / "scratch")
    recorded(target, clips[[7, 2, 5, 3, 0]], tmp_path / "grown")
    with passes(target) as heard:
        assert np.array_equal(recorded(target, clips, tmp_path / "grown"), whole)
    assert len(heard) == 2  # five clips are new
    with passes(target) as heard:
        assert np.array_equal(recorded(target, clips[[4, 9, 0]], tmp_path / "grown"), whole[:, [4, 9, 0]])
    assert not heard


def test_a_killed_run_goes_on_where_it_was(ast: str, clips: pl.DataFrame, tmp_path: Path):
    target = open_transformers(ast)
    whole = recorded(target, clips, tmp_path / "whole")
    with passes(target, most=2), pytest.raises(KeyboardInterrupt):
        recorded(target, clips, tmp_path / "killed")
    with passes(target) as heard:
        assert np.array_equal(recorded(target, clips, tmp_path / "killed"), whole)
    assert len(heard) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-4],
        lambda b: b[:20],
        lambda _: b"",
        lambda b: b"x" * len(b),
        lambda b: b[:-1] + bytes([b[-1] ^ 1]),
    ],
)
def test_a_broken_shard_is_heard_anew_and_no_other(ast: str, clips: pl.DataFrame, tmp_path: Path, damage):
    target = open_transformers(ast)
    whole = recorded(target, clips, tmp_path)
    broken = shards(tmp_path)[0]
    good = broken.read_bytes()
    broken.write_bytes(damage(good))
    with passes(target) as heard:
        assert np.array_equal(recorded(target, clips, tmp_path), whole)
    assert len(heard) == 1
    assert np.array_equal(load_file(broken)["activation"], load(good)["activation"])


@pytest.mark.parametrize(
    "other", [{"pooling": "max"}, {"batch_size": 3}, {"window_s": 0.3}, {"identity": "other heads, same weights"}]
)
def test_what_would_give_other_values_shares_no_shard(ast: str, clips: pl.DataFrame, tmp_path: Path, other: dict):
    target = open_transformers(ast)
    recorded(target, clips, tmp_path)
    with passes(target) as heard:
        recorded(target, clips, tmp_path, **other)
    assert len(heard) == -(-clips.height // other.get("batch_size", BATCH))


def test_another_checkpoint_shares_no_shard(ast: str, clips: pl.DataFrame, tmp_path: Path):
    target, changed = open_transformers(ast), open_transformers(ast)
    with torch.no_grad():
        changed.model.classifier.dense.bias[0] += 1
    before = recorded(target, clips, tmp_path)
    with passes(changed) as heard:
        after = recorded(changed, clips, tmp_path)
    assert len(heard) == 3
    assert np.allclose(after[-3] - before[-3], 1)


def test_equal_sounds_are_heard_once(ast: str, clips: pl.DataFrame, tmp_path: Path):
    target = open_transformers(ast)
    with passes(target) as heard:
        values = recorded(target, pl.concat([clips.head(4)] * 3), tmp_path)
    assert len(heard) == 1
    assert np.array_equal(values, np.tile(values[:, :4], 3))


def test_several_at_once_make_the_same_table(ast: str, clips: pl.DataFrame, tmp_path: Path):
    targets = [open_transformers(ast) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        tables = list(pool.map(lambda target: recorded(target, clips, tmp_path), targets))
    assert all(np.array_equal(table, tables[0]) for table in tables)
    assert len(shards(tmp_path)) == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    widths=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    batches=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    buffer_bytes=st.integers(1, 200),
    order=st.randoms(use_true_random=False),
)
def test_what_goes_in_by_clip_comes_out_by_neuron(tmp_path_factory, widths, batches, buffer_bytes, order):
    folder, clips = tmp_path_factory.mktemp("shards"), [f"{i:064x}" for i in range(sum(batches))]
    layers = [np.random.default_rng(0).normal(size=(len(clips), width)).astype(np.float32) for width in widths]
    start = 0
    for size in batches:
        here = slice(start, start := start + size)
        Shards(folder, sum(widths)).write(clips[here], [[layer[here] for layer in layers]])
    chosen = [order.randrange(len(clips)) for _ in range(len(clips) + 2)]
    kept = Shards(folder, sum(widths))
    assert kept.find(["unknown", *clips]) == set(clips)
    expected = np.concatenate(layers, axis=1).T[:, chosen]
    for neurons in (range(sum(widths)), range(1, sum(widths[:2]))):
        pieces = list(kept.read([clips[i] for i in chosen], neurons, buffer_bytes))
        assert np.array_equal(np.concatenate([expected[:0], *pieces]), expected[neurons.start : neurons.stop])
        assert all(piece.nbytes <= max(buffer_bytes, 4 * len(chosen)) for piece in pieces)


def test_layers_that_are_not_those_of_the_target_are_an_error(tmp_path: Path):
    with pytest.raises(ValueError, match="for 2 neurons and 1 clips"):
        Shards(tmp_path, 2).write(["a"], [[np.zeros((1, 3), np.float32)]])


def test_a_shard_that_goes_while_it_is_read_is_told_in_words(tmp_path: Path):
    kept = Shards(tmp_path / "shards", 1)
    kept.write(["a"], [[np.zeros((1, 1), np.float32)]])
    (shard,) = shards(tmp_path, "*")
    shard.unlink()
    with pytest.raises(UserError, match="was deleted or changed while it was read"):
        next(kept.read(["a"], range(1), 64))


def shards(folder: Path, pattern: str = "*/*.safetensors") -> list[Path]:
    return sorted((folder / "shards").glob(pattern))


@pytest.fixture(autouse=True)
def _a_shard_a_batch(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(activations, "SHARD_BYTES", 0)


def test_small_batches_share_a_shard(ast: str, clips: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    apart = recorded(open_transformers(ast), clips, tmp_path / "apart")
    monkeypatch.setattr(activations, "SHARD_BYTES", activations.MIB)
    assert np.array_equal(recorded(open_transformers(ast), clips, tmp_path / "together"), apart)
    assert (len(shards(tmp_path / "apart")), len(shards(tmp_path / "together"))) == (3, 1)
