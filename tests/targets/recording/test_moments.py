"""When a neuron fires in its top clips, where that is known: units that follow a click."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from dagster_and.dissection import Activations, ModuleTarget
from dagster_and.engine import HERE
from dagster_and.foundation.errors import UserError
from dagster_and.lake.tables import MOMENTS
from dagster_and.method.top_clips.ranking import rank_clips
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.module.opening import open_module
from dagster_and.targets.recording.activations import hear, record
from dagster_and.targets.recording.moments import moments
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.opening import open_transformers
from tests.targets.recording.test_shards import passes

RATE_HZ, WINDOW_S, STEP_S = 16_000, 1.0, 0.025
CLICKS_S = (0.11, 0.56, 0.31, 0.2)
SECONDS = (1.0, 1.0, 1.4, 0.33)
ENVELOPE = """
import torch
from torch import nn

class Envelope(nn.Module):
    "Loudness of each 25 ms, and its negative; then one number for all time."

    def __init__(self):
        super().__init__()
        self.level = nn.Conv1d(1, 2, 400, stride=400, bias=False)
        self.level.weight = nn.Parameter(torch.tensor([1.0, -1.0])[:, None, None].expand(2, 1, 400) / 400)
        self.pooled = nn.AdaptiveAvgPool1d(1)

    def forward(self, waveforms):
        return self.pooled(self.level(waveforms.abs()[:, None]))
"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Faint noise with one click each; one clip is longer than the window, one shorter."""
    folder, random, rows = tmp_path_factory.mktemp("clips"), np.random.default_rng(0), []
    for i, (seconds, click) in enumerate(zip(SECONDS, CLICKS_S, strict=True)):
        samples = random.normal(0, 0.001, round(seconds * RATE_HZ))
        samples[round(click * RATE_HZ) :][:160] = 0.5
        soundfile.write(folder / f"{i}.wav", samples, RATE_HZ)
        rows.append((i, str(folder / f"{i}.wav"), f"{i:064x}", seconds, WINDOW_S))
    return pl.DataFrame(rows, schema=["clip_id", "path", "sha256", "duration_s", "window_s"], orient="row")


@pytest.fixture
def envelope(tmp_path: Path) -> Target:
    file = tmp_path / "network.py"
    file.write_text(ENVELOPE)
    section = ModuleTarget(
        family="module", factory=f"{file}:Envelope", sample_rate_hz=RATE_HZ, layers=(("level",), ("pooled",))
    )
    return open_module(section, section.factory, section.layers, window_s=WINDOW_S)


def ranked(target: Target, clips: pl.DataFrame, folder: Path, k: int = 2, **given) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables ``top_clips`` and ``moments``."""
    features = FeatureCache(folder / "features", target.frontend, WINDOW_S)
    settings = Activations(**{"batch_size": 2} | given)
    rows = list(record(target, clips, features, settings, folder / "shards"))
    top = rank_clips(rows, k)
    return top, moments(target, clips, top, features, settings, folder / "shards")


def test_the_moment_of_a_unit_that_follows_a_click_is_the_click(envelope: Target, clips: pl.DataFrame, tmp_path: Path):
    top, found = ranked(envelope, clips, tmp_path, k=4)
    assert found.schema == MOMENTS.frame_schema
    joined = found.join(top, on=MOMENTS.key).join(clips, on="clip_id").rows(named=True)
    assert {row["neuron_id"] for row in joined} == {0, 1}  # what is pooled has no time
    assert len(joined) == 2 * 2 * 4
    for row in joined:
        follows = (row["neuron_id"] == 0) == (row["direction"] == "highest")
        inside = row["moment_start_s"] <= CLICKS_S[row["clip_id"]] + 0.005 < row["moment_end_s"]
        assert inside == follows
        assert row["moment_end_s"] - row["moment_start_s"] == pytest.approx(STEP_S, abs=0.021)
        heard_s = min(row["duration_s"], WINDOW_S)
        assert 0 <= row["profile_start_s"] <= row["moment_start_s"] < row["moment_end_s"] <= row["profile_end_s"]
        assert row["profile_end_s"] == pytest.approx(heard_s, abs=STEP_S)
        bins = row["profile"]
        assert (min(bins), max(bins)) == (0, 1)
        if follows:
            extreme = max(bins) if row["direction"] == "highest" else min(bins)
            width = (row["profile_end_s"] - row["profile_start_s"]) / len(bins)
            assert abs((bins.index(extreme) + 0.5) * width - CLICKS_S[row["clip_id"]]) <= width


def test_what_was_heard_without_moments_is_heard_again_only_where_it_ranks(
    envelope: Target, clips: pl.DataFrame, tmp_path: Path
):
    whole = ranked(envelope, clips, tmp_path / "whole", k=1)
    top, none = ranked(envelope, clips, tmp_path, k=1, moments=False)
    assert none.is_empty()
    assert top.equals(whole[0])
    features = FeatureCache(tmp_path / "features", envelope.frontend, WINDOW_S)
    settings = Activations(batch_size=1)
    with passes(envelope) as heard:
        found = moments(envelope, clips, top, features, settings, tmp_path / "shards")
        assert len(heard) == top["clip_id"].n_unique() < clips.height
        again = moments(envelope, clips, top, features, settings, tmp_path / "shards")
        assert len(heard) == top["clip_id"].n_unique()
    assert found.equals(whole[1])
    assert again.equals(found)


def test_activations_are_the_same_with_and_without_moments(ast: str, clips: pl.DataFrame, tmp_path: Path):
    target = open_transformers(ast, window_s=WINDOW_S)
    features = FeatureCache(tmp_path / "features", target.frontend, WINDOW_S)
    with_them, without = (
        list(record(target, clips, features, Activations(moments=wanted, batch_size=2), tmp_path / f"{wanted}"))
        for wanted in (True, False)
    )
    assert with_them == without


def test_a_shard_that_is_gone_is_a_sentence(envelope: Target, clips: pl.DataFrame, tmp_path: Path):
    features = FeatureCache(tmp_path / "features", envelope.frontend, WINDOW_S)
    shards = hear(envelope, clips, features, Activations(), tmp_path / "shards", "", HERE)
    for file in tmp_path.glob("shards/*/*.safetensors"):
        file.unlink()
    pair = np.zeros(1, dtype=int)
    with pytest.raises(UserError, match="deleted or changed while it was read"):
        list(shards.moments(clips["sha256"][:1].to_list(), pair, pair, pair))
