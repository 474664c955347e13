"""On a second device a target gives what it gives on the CPU, and no tensor of it is left behind."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import load_file

from dagster_and.devices import placement
from dagster_and.dissection import EmbeddedAst, EmbeddedBeats, SoundBank
from dagster_and.foundation.errors import UserError
from dagster_and.probing_sets.probe import list_files, probe
from dagster_and.targets.cutting.evaluating import logits_after
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.judging import judged
from dagster_and.targets.target import Target, weights_sha256
from dagster_and.targets.training import ast as training_of_ast
from dagster_and.targets.training import beats as training_of_beats
from tests.second_device import OTHER, second_device
from tests.targets import rooms
from tests.targets.kinds import KINDS, OTHERS, module, recorded, target_of


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Three classes of the sound bank, five folds."""
    section = SoundBank(layout="soundbank", clips_per_class=5, window_s=rooms.WINDOW_S)
    table, _ = probe(list_files(section, tmp_path_factory.mktemp("bank")), rooms.WINDOW_S)
    return table.filter(pl.col("label").is_in(["rain", "siren", "dog_bark"])).with_columns(
        pl.col("label").replace("dog_bark", "dog")
    )


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("kind", [*KINDS, *OTHERS])
def test_activations_are_those_of_the_cpu(kind: str, pooling: str, clips: pl.DataFrame, tmp_path: Path):
    target = target_of(kind, tmp_path)
    here = recorded(target, clips, tmp_path, pooling=pooling, batch_size=4)
    with second_device() as there:
        placed = target.placed(there)
        assert {weight.device.type for weight in placed.model.state_dict().values()} == {"other"}
        assert np.allclose(recorded(placed, clips, tmp_path, pooling=pooling, batch_size=4), here, rtol=1e-5, atol=1e-6)


def fetches(target: Target) -> int:
    """Of each layer the activations; of all small ones with time together profile and steps; and the weights, which
    name the shards.
    """
    return len(target.layers) + 2 + len(target.model.state_dict())


def test_a_pass_is_waited_for_only_to_fetch_what_it_gives(clips: pl.DataFrame, tmp_path: Path):
    target = target_of("ast", tmp_path)
    recorded(target, clips, tmp_path)  # fills the cache
    with second_device() as there:
        recorded(target.placed(there), clips, tmp_path, batch_size=clips.height)
        assert OTHER.waits == fetches(target)


def test_a_mean_is_not_waited_for_either(clips: pl.DataFrame, tmp_path: Path):
    target = target_of("beats", tmp_path)
    with second_device() as there:
        recorded(target.placed(there), clips, tmp_path, batch_size=clips.height)
        assert OTHER.waits == fetches(target)


@pytest.mark.parametrize("kind", [*KINDS, "wav2vec2"])
def test_cuts_are_those_of_the_cpu_and_every_weight_is_there_again(kind: str, clips: pl.DataFrame, tmp_path: Path):
    target = target_of(kind, tmp_path)
    features = FeatureCache(tmp_path / "features", target.frontend, rooms.WINDOW_S)
    head = target.layers[-1].name
    rows = {layer.name: [0, 1] for layer in target.layers[:-1]} if kind != "planted" else {head: [0]}
    cuts = [rows, "body" if kind != "planted" else rows, {head: [1]}]
    weights = weights_sha256(target.model)
    here = logits_after(target, clips, features, cuts, 4, 64)
    with second_device() as there:
        found = logits_after(target.placed(there), clips, features, cuts, 4, 64)
        assert weights_sha256(target.model) == weights
    for one, other in zip(here, found, strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-6)
    assert not np.allclose(found[0], found[1][0])


@pytest.mark.parametrize("kind", ["ast", "beats", "planted"])
def test_a_network_is_judged_as_on_the_cpu(kind: str, clips: pl.DataFrame, tmp_path: Path):
    target = target_of(kind, tmp_path)
    known = clips if kind != "beats" else clips.with_columns(label=pl.lit("LABEL_0"))
    features = FeatureCache(tmp_path / "features", target.frontend, rooms.WINDOW_S)
    here = judged(target, known, 5, features)
    with second_device() as there:
        assert judged(target.placed(there), known, 5, features) == here


def test_an_ast_that_is_trained_there_is_the_one_that_is_trained_here(clips: pl.DataFrame, tmp_path: Path):
    """All that is drawn is drawn on the CPU; attention is made of other operations there, so rounding differs."""
    section = EmbeddedAst(family="embedded_ast", epochs=2, hidden_size=16, blocks=1, heads=2)
    here = training_of_ast.train(clips, section, rooms.WINDOW_S, tmp_path / "cache", tmp_path / "here")
    with second_device() as there:
        found = training_of_ast.train(clips, section, rooms.WINDOW_S, tmp_path / "cache", tmp_path / "there", there)
    assert found == here
    states = [load_file(tmp_path / name / "model.safetensors") for name in ("here", "there")]
    assert all(torch.allclose(states[0][name], states[1][name], rtol=1e-3, atol=1e-5) for name in states[0])


@pytest.mark.parametrize("kind", ["frozen", "finetuned"])
def test_a_beats_that_is_trained_there_is_the_one_that_is_trained_here(kind: str, clips: pl.DataFrame, tmp_path: Path):
    section = EmbeddedBeats(
        family="embedded_beats", training=kind, hidden_size=16, blocks=1, heads=2, epochs=2, pretraining_epochs=2
    )
    reports, states = [], []
    with second_device() as there:
        for name, where in (("here", placement.ON_CPU), ("there", there)):
            path = tmp_path / name / "net.pt"
            path.parent.mkdir()
            train = training_of_beats.train
            reports.append(train(clips, section, rooms.WINDOW_S, tmp_path / "cache", path, where))
            states.append(torch.load(path, weights_only=True)["model"])
    assert reports[0] == reports[1]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_without_float64_gives_the_same(
    kind: str, clips: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What needs float64 is computed on the CPU: BEATs' spectrograms, and a planted network as a whole."""
    monkeypatch.setattr(placement, "WITHOUT_FLOAT64", ("other",))
    target = target_of(kind, tmp_path)
    here = recorded(target, clips, tmp_path, batch_size=4)
    with second_device(knows_float64=False) as there:
        placed = target.placed(there)
        assert placed.placement.device == ("cpu" if kind == "planted" else "other")
        assert np.allclose(recorded(placed, clips, tmp_path, batch_size=4), here, rtol=1e-5, atol=1e-6)


def test_a_network_that_leaves_a_tensor_on_the_cpu_is_refused_in_a_sentence(clips: pl.DataFrame, tmp_path: Path):
    target = module(tmp_path, "Careless")
    with second_device() as there, pytest.raises(UserError, match=r"makes tensors on the CPU .* compute.device: cpu"):
        recorded(target.placed(there), clips, tmp_path)


def test_batches_grow_with_the_memory_and_change_nothing(clips: pl.DataFrame, tmp_path: Path):
    target = target_of("ast", tmp_path)
    sizes: list[int] = []
    target.model.register_forward_pre_hook(
        lambda _module, _inputs, named: sizes.append(len(named["input_values"])), with_kwargs=True
    )
    here = recorded(target, clips, tmp_path, batch_size=1)
    sizes.clear()
    with second_device() as there:
        placed = target.placed(there)
        found = recorded(placed, clips, tmp_path, batch_size=1)
        assert sizes == [1, 2, 4, 8]  # of 15 clips
        assert np.allclose(found, here, rtol=1e-4, atol=1e-6)


def test_where_memory_runs_out_batches_are_halved_and_nothing_is_lost(clips: pl.DataFrame, tmp_path: Path):
    target = target_of("ast", tmp_path)
    here = recorded(target, clips, tmp_path, batch_size=3)
    features = FeatureCache(tmp_path / "features", target.frontend, rooms.WINDOW_S)
    cuts = [{target.layers[0].name: [1, 3]}]
    before = logits_after(target, clips, features, cuts, 3, 64)
    with second_device() as there:
        placed = target.placed(there)
        recorded(placed, clips[:4], tmp_path, batch_size=4)
        memory = OTHER.peak
    with second_device(memory=memory):
        assert np.allclose(recorded(placed, clips, tmp_path, batch_size=clips.height), here, rtol=1e-4, atol=1e-6)
        found = logits_after(placed, clips, features, cuts, clips.height, 64)
        assert all(np.allclose(one, other, rtol=1e-4, atol=1e-6) for one, other in zip(before, found, strict=True))
    with (
        second_device(memory=memory // 8),
        pytest.raises(UserError, match=r"not one clip's pass .* compute.device: cpu"),
    ):
        recorded(placed, clips, tmp_path / "heard by none", batch_size=clips.height)
