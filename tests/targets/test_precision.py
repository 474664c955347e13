"""In half precision a target's activations are those of float32 within the tolerances that docs/targets.md states."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from scipy.stats import rankdata

from dagster_and.devices.placement import Placement
from dagster_and.dissection import EmbeddedAst, EmbeddedBeats, SoundBank
from dagster_and.foundation.errors import UserError
from dagster_and.method.activations.pooling import pool
from dagster_and.probing_sets.probe import list_files, probe
from dagster_and.targets.cutting.evaluating import logits_after
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.target import weights_sha256
from dagster_and.targets.training import ast as training_of_ast
from dagster_and.targets.training import beats as training_of_beats
from tests.second_device import second_device
from tests.targets import rooms
from tests.targets.kinds import module, recorded, target_of

HALVES = ("bfloat16", "float16")
TOLERANCES = {"bfloat16": (0.98, 0.95, 0.2), "float16": (0.998, 0.99, 0.05)}
"""At least this rank correlation over clips, for every neuron; at least this share of the top five clips, over all
neurons; at most this difference, in standard deviations of the neuron."""
TOP = 5


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The sound bank's ten classes, five folds."""
    section = SoundBank(layout="soundbank", clips_per_class=5, window_s=rooms.WINDOW_S)
    return probe(list_files(section, tmp_path_factory.mktemp("bank")), rooms.WINDOW_S)[0]


def distances(exact: np.ndarray, found: np.ndarray) -> tuple[float, float, float]:
    """Smallest rank correlation, share of top clips kept, largest difference in standard deviations."""
    ranks = [rankdata(values, axis=1) for values in (exact, found)]
    correlation = [np.corrcoef(one, other)[0, 1] for one, other in zip(*ranks, strict=True)]
    tops = [np.argsort(-values, axis=1, kind="stable")[:, :TOP] for values in (exact, found)]
    kept = np.mean([len(set(one) & set(other)) / TOP for one, other in zip(*tops, strict=True)])
    return min(correlation), float(kept), float((np.abs(found - exact).max(axis=1) / exact.std(axis=1)).max())


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize("kind", ["ast", "beats", "module"])
def test_activations_are_within_the_tolerances(kind: str, precision: str, clips: pl.DataFrame, tmp_path: Path):
    target = target_of(kind, tmp_path)
    exact = recorded(target, clips, tmp_path)
    found = recorded(target.placed(Placement("cpu", precision)), clips, tmp_path)
    assert found.dtype == np.float32
    assert not np.array_equal(found, exact)
    correlation, kept, difference = distances(exact, found)
    least, fewest, most = TOLERANCES[precision]
    assert correlation >= least
    assert kept >= fewest
    assert difference <= most


@pytest.mark.parametrize("precision", HALVES)
def test_planted_neurons_are_what_they_are_in_any_precision(precision: str, clips: pl.DataFrame, tmp_path: Path):
    target = target_of("planted", tmp_path)
    exact = recorded(target, clips, tmp_path)
    assert np.array_equal(recorded(target.placed(Placement("cpu", precision)), clips, tmp_path), exact)


@pytest.mark.parametrize("precision", HALVES)
def test_a_second_device_lowers_what_the_cpu_lowers(precision: str, clips: pl.DataFrame, tmp_path: Path):
    target = target_of("beats", tmp_path)
    exact = recorded(target, clips, tmp_path)
    with second_device(precision) as there:
        found = recorded(target.placed(there), clips, tmp_path)
    correlation, kept, _ = distances(exact, found)
    assert not np.array_equal(found, exact)
    assert correlation >= TOLERANCES[precision][0]
    assert kept >= TOLERANCES[precision][1]


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize("kind", ["ast", "beats", "module"])
def test_every_cut_is_made_and_undone_in_half_precision(kind: str, precision: str, clips: pl.DataFrame, tmp_path: Path):
    """Weights that autocast has cast once must not be taken for those of the next cut."""
    target = target_of(kind, tmp_path)
    features = FeatureCache(tmp_path / "features", target.frontend, rooms.WINDOW_S)
    names = [layer.name for layer in target.layers[:-1]]
    cuts = [{names[0]: list(range(4))}, {names[-1]: list(range(4))}, "body", {}]
    weights = weights_sha256(target.model)
    exact = logits_after(target, clips, features, cuts, 16, 64)
    before, after = logits_after(target.placed(Placement("cpu", precision)), clips, features, cuts, 16, 64)
    assert weights_sha256(target.model) == weights
    assert np.array_equal(after[3], before)
    effects = [after[i] - before for i in range(3)]
    assert all(np.abs(effect).max() > 0 for effect in effects)
    for effect, expected in zip(effects, exact[1][:3] - exact[0], strict=True):
        assert np.corrcoef(effect.ravel(), expected.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("precision", HALVES)
def test_a_mean_over_tokens_is_taken_in_float32(precision: str):
    output = torch.randn(2, 700, 3).to(getattr(torch, precision))
    sound = torch.ones(2, 700, dtype=torch.bool)
    with Placement("cpu", precision).forward():
        found = pool(output, "mean", sound)
    assert torch.allclose(found, output.double().mean(dim=1).float(), atol=1e-6)


@pytest.mark.parametrize("precision", HALVES)
def test_networks_learn_in_half_precision(precision: str, clips: pl.DataFrame, tmp_path: Path):
    """Their weights are float32, and others than those of a training in float32."""
    where, few = Placement("cpu", precision), clips.filter(pl.col("label").is_in(["rain", "siren", "clock_tick"]))
    section = EmbeddedAst(family="embedded_ast", epochs=20, hidden_size=32, blocks=1, heads=2, augmentation="light")
    report = training_of_ast.train(few, section, rooms.WINDOW_S, tmp_path / "cache", tmp_path / "ast", where)
    assert report["training_accuracy"] >= 0.7
    settings = {"training": "finetuned", "hidden_size": 32, "blocks": 1, "heads": 2, "pretraining_epochs": 2}
    beats = EmbeddedBeats(family="embedded_beats", epochs=20, **settings)
    report = training_of_beats.train(few, beats, rooms.WINDOW_S, tmp_path / "cache", tmp_path / "beats.pt", where)
    assert report["training_accuracy"] >= 0.7
    state = torch.load(tmp_path / "beats.pt", weights_only=True)["model"]
    assert {tensor.dtype for tensor in state.values()} == {torch.float32}


def test_an_overflow_of_float16_is_refused_and_bfloat16_named(clips: pl.DataFrame, tmp_path: Path):
    target = target_of("ast", tmp_path)
    with torch.no_grad():
        target.model.get_submodule(target.layers[0].name).weight.mul_(1e7)
    assert np.isfinite(recorded(target.placed(Placement("cpu", "bfloat16")), clips, tmp_path)).all()
    with pytest.raises(UserError, match=r"write compute\.precision: bfloat16 or float32"):
        recorded(target.placed(Placement("cpu", "float16")), clips, tmp_path)


@pytest.mark.parametrize("precision", HALVES)
def test_a_network_that_can_not_be_lowered_is_refused_in_a_sentence(precision: str, clips, tmp_path: Path):
    target = module(tmp_path, "Scattering")
    recorded(target, clips, tmp_path)
    with pytest.raises(UserError, match=f"can't be run in {precision} .* compute.precision: float32"):
        recorded(target.placed(Placement("cpu", precision)), clips, tmp_path)
