"""A convolutional network of one's own: channels are cut, and what can't be cut is refused before any work."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from dagster_and.dissection import Dissection, load_file
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.method.pruning.cuts import rows_of
from dagster_and.method.pruning.scope import eligible_neurons
from dagster_and.preflight.checking import check
from dagster_and.targets.cutting.evaluating import logits_after
from dagster_and.targets.cutting.obstacles import check_cuttable
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.opening import open_dissected
from dagster_and.targets.recording.neurons import neurons
from dagster_and.targets.target import Target, weights_sha256

NETWORK = """
import torch
from torch import nn


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv1 = nn.Conv1d(1, 6, 16, stride=8)
        self.norm = nn.BatchNorm1d(6)
        self.conv2 = nn.ConvTranspose1d(6, 4, 4)
        self.fc = nn.Linear(4, 2)

    def forward(self, sound):
        x = torch.relu(self.norm(self.conv1(sound[:, None])))
        return self.fc(torch.relu(self.conv2(x)).mean(dim=2))
"""
SETTINGS = """
probing: {layout: folder, path: ../sounds, window_s: 0.5}
captions: {captioner: annotations}
target:
  {family: module, factory: "./net.py:Small", sample_rate_hz: 16000, layers: [[conv1, norm], [conv2]],
   class_labels: [dog, rain], held_out_fold: 2}
top_clips: {k: 2}
interpretability: {clusters: 2}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.dissections.mkdir()
    (home.dissections / "net.py").write_text(NETWORK)
    for i in range(8):
        path = tmp_path / "sounds" / f"fold{1 + i % 2}" / ("dog" if i < 4 else "rain") / f"{i}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(i).normal(0, 0.1, 8000), 16000)
    return home


def dissection(home: Home, changed: str = "", to: str = "", more: str = "") -> Dissection:
    path = home.dissections / "small.yaml"
    path.write_text(SETTINGS.replace(changed, to) + more)
    return load_file(path)


def opened(asked: Dissection) -> Target:
    return open_dissected(asked, str(asked.folder / "net.py") + ":Small")


def test_a_layer_that_cannot_be_cut_is_refused_before_any_work(home: Home):
    with pytest.raises(UserError, match=r"can't cut norm, which is a BatchNorm1d: .*\(conv1, conv2\)") as caught:
        check(dissection(home), home)
    assert "\n" not in str(caught.value)
    check(dissection(home, more="pruning: {sublayers: [conv1, conv2]}"), home)
    check(dissection(home, "conv1, norm", "conv1"), home)
    assert "not measured" in check(dissection(home, ", held_out_fold: 2", ""), home)[-1]


def test_channels_are_cut_and_everything_comes_back(home: Home, tmp_path: Path):
    asked = dissection(home, more="pruning: {sublayers: [conv1, conv2]}")
    target = opened(asked)
    body = eligible_neurons(neurons(target), asked.pruning.sublayers, asked.pruning.blocks)
    check_cuttable(target, body)
    before_sha = weights_sha256(target.model)
    clips = pl.DataFrame({"path": sorted(str(p) for p in (tmp_path / "sounds").rglob("*.wav"))})
    clips = clips.with_columns(sha256=pl.col("path"), duration_s=0.5)
    features = FeatureCache(tmp_path / "features", target.frontend, 0.5)
    cuts = [rows_of(body.filter(pl.col("neuron_index") == 1)), rows_of(body), "body"]
    before, (some, everything, silenced) = logits_after(target, clips, features, cuts, 4, 64)
    assert weights_sha256(target.model) == before_sha
    assert (some != before).any()
    assert np.isclose(everything, everything[0]).all()
    assert (silenced == target.model.fc.bias.detach().double().numpy()).all()
    with torch.inference_mode():
        naive = opened(asked)
        naive.model.conv1.weight[1] = naive.model.conv1.bias[1] = 0
        naive.model.conv2.weight[:, 1] = naive.model.conv2.bias[1] = 0
        batches = [naive.logits(naive.frontend.inputs(batch).arguments) for batch in features.batches(clips, 4)]
    assert np.array_equal(torch.cat(batches).double().numpy(), some)
