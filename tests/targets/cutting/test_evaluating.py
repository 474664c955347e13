"""Forward passes that start in the middle give what full ones give, and the network leaves as it came."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from dagster_and.method.pruning.cuts import Cut, rows_of
from dagster_and.targets.cutting.evaluating import logits_after
from dagster_and.targets.cutting.resuming import Recording, block_of
from dagster_and.targets.cutting.rows import body_silenced, cut_out
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.layers import HEAD, Layer
from dagster_and.targets.module.frontend import SoundFrontend
from dagster_and.targets.target import Target, logits_of, weights_sha256
from dagster_and.targets.transformers.opening import open_transformers

FAMILIES = ("ast", "wav2vec2", "whisper")


def heard(target: Target) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return target.frontend.inputs([target.frontend.features(torch.randn(n) / 10) for n in (4000, 6400)]).arguments


def recording(target: Target) -> Recording:
    return Recording(target.model, heard(target), [layer.name for layer in target.layers])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("block", [0, 1])
def test_a_pass_from_a_block_equals_a_full_one_bit_for_bit(family: str, block: int, request: pytest.FixtureRequest):
    target = open_transformers(request.getfixturevalue(family))
    rows = {layer.name: [0, 3, 5] for layer in target.layers[:-1] if layer.block_index >= block}
    with torch.inference_mode():
        recorded = recording(target)
        assert recorded.agrees_at(block)
        with cut_out(target.model, rows):
            full = target.model(**heard(target)).logits
            resumed = recorded.forward(block)
        assert torch.equal(resumed, full)
        assert not torch.equal(resumed, recorded.logits)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_that_hears_zeros_says_its_bias_and_no_more(family: str, request: pytest.FixtureRequest):
    """Wav2Vec2's position convolution has a normalised weight, which would be 0 / 0 if it were zeroed."""
    target = open_transformers(request.getfixturevalue(family))
    assert target.head
    head = target.model.get_submodule(target.head.name)
    with torch.inference_mode():
        before = target.logits(heard(target))
        with body_silenced(target.model, target.head.name):
            assert torch.equal(target.logits(heard(target)), head.bias.expand_as(before))
        assert torch.equal(target.logits(heard(target)), before)


def test_a_head_that_is_handed_its_input_by_name_is_silenced_too():
    class Named(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.head = torch.nn.Linear(4, 2)

        def forward(self, x):
            return self.head(input=x / 0)  # not even what is infinite passes

    model = Named()
    with torch.inference_mode(), body_silenced(model, "head"):
        assert torch.equal(model(torch.ones(3, 4)), model.head.bias.expand(3, 2))


def test_what_lies_before_the_block_is_not_computed_again(ast: str):
    target = open_transformers(ast)
    body = target.model.audio_spectrogram_transformer
    calls: list[str] = []
    for name, module in (
        ("embeddings", body.embeddings.patch_embeddings),
        ("0", body.layers[0].mlp),
        ("1", body.layers[1].mlp),
    ):
        module.register_forward_hook(lambda *_, name=name: calls.append(name))
    with torch.inference_mode():
        recorded = recording(target)
        assert calls == ["embeddings", "0", "1"]
        recorded.forward(1)
        assert calls[3:] == ["1"]
        recorded.forward(None)
        assert calls[4:] == ["embeddings", "0", "1"]


def test_a_network_without_a_list_of_blocks_gets_full_passes():
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 2))
    model.forward = lambda x: torch.nn.Sequential.forward(model, x)
    recorded = Recording(model, {"x": torch.randn(5, 4)}, ["0", "1"])
    assert not recorded.can_start_at(0)
    assert recorded.bytes == 0
    assert torch.equal(recorded.forward(0), recorded.logits)


def test_a_block_that_is_called_twice_is_not_trusted():
    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList([torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)])

        def forward(self, x):
            return self.layers[1](self.layers[0](self.layers[0](x)))

    recorded = Recording(Twice(), {"x": torch.randn(5, 4)}, ["layers.0", "layers.1"])
    assert recorded.can_start_at(0)
    assert not recorded.can_start_at(1)


def test_an_output_that_is_written_into_is_recorded_as_it_was():
    class InPlace(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = torch.nn.Linear(4, 4)
            self.layers = torch.nn.ModuleList([torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)])

        def forward(self, x):
            x = self.first(x)
            x += 1
            return self.layers[1](self.layers[0](x).mul_(2))

    with torch.inference_mode():
        recorded = Recording(InPlace(), {"x": torch.randn(5, 4)}, ["layers.0", "layers.1"])
        for block in (0, 1, 0, 1):
            assert recorded.agrees_at(block)


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("encoder.layers.11.fc1", 11),
        ("a.layer.3.output.dense", 3),
        ("classifier.dense", None),
        ("layers.2.x", 2),
        ("layernorm.1", None),
    ],
)
def test_a_layers_block_by_its_name(name: str, block: int | None):
    assert block_of(name) == block


def test_logits_of_whatever_comes_back():
    logits = torch.zeros(1, 2)
    assert logits_of(logits) is logits
    assert logits_of((logits, None)) is logits


@pytest.fixture
def clips(tmp_path: Path) -> pl.DataFrame:
    random = np.random.default_rng(0)
    paths = [tmp_path / f"{i}.wav" for i in range(5)]
    samples = [4000 + 1000 * i for i in range(5)]  # the longest clip is the last one
    for path, count in zip(paths, samples, strict=True):
        soundfile.write(path, random.normal(0, 0.1, count), 16000)
    return pl.DataFrame(
        {"path": list(map(str, paths)), "sha256": [f"{i:064x}" for i in range(5)]}
        | {"duration_s": [count / 16000 for count in samples]}
    )


def test_many_cuts_equal_naive_full_passes_and_leave_the_network_alone(ast: str, clips: pl.DataFrame, tmp_path: Path):
    target = open_transformers(ast)
    before_sha = weights_sha256(target.model)
    cuts: list[Cut] = [
        "body",
        {},
        {target.layers[3].name: [1, 2]},
        {target.layers[0].name: [0], target.layers[5].name: [3]},
        {layer.name: list(range(layer.width)) for layer in target.layers[:-1]},
        {target.layers[3].name: [2, 1], target.layers[4].name: []},
    ]
    features = FeatureCache(tmp_path / "features", target.frontend, 1.0)
    before, after = logits_after(target, clips, features, cuts, batch_size=2, memory_mb=64)
    assert weights_sha256(target.model) == before_sha
    said, *after = after
    assert (said == target.model.classifier.dense.bias.detach().numpy()).all()
    assert np.array_equal(after[0], before)
    with torch.inference_mode():
        for cut, found in zip(cuts[1:], after, strict=True):
            fresh = open_transformers(ast).model
            for name, rows in cut.items():
                layer = fresh.get_submodule(name)
                layer.weight[rows] = 0
                layer.bias[rows] = 0
            naive = [fresh(**target.frontend.inputs(b).arguments).logits for b in features.batches(clips, 2)]
            assert np.array_equal(found, torch.cat(naive).double().numpy())
    assert (after[3] == after[3][0]).all()  # with everything cut, all clips are answered alike


class Tied(torch.nn.Module):
    """Two layers with one weight, so that a silenced neuron is less than a zeroed one."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embed = torch.nn.Linear(16000, 4)
        self.first, self.second, self.head = (torch.nn.Linear(4, 4) for _ in range(3))
        self.second.weight = self.first.weight

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        return self.head(self.second(self.first(self.embed(waveforms))))


def test_a_network_that_silence_does_not_cut_has_its_weights_zeroed(clips: pl.DataFrame, tmp_path: Path):
    model = Tied().eval()
    layers = (Layer("first", 0, "first", 4), Layer("head", 1, HEAD, 4))
    target = Target("tied", "", model, SoundFrontend("waveforms", 16000, 1.0), layers, ("a", "b", "c", "d"))
    features = FeatureCache(tmp_path / "features", target.frontend, 1.0)
    _, after = logits_after(target, clips, features, [{"first": [0, 2]}, {"first": [1]}], batch_size=2, memory_mb=64)
    with torch.inference_mode():
        for rows, found in zip(([0, 2], [1]), after, strict=True):
            fresh = Tied().eval()
            fresh.first.weight[rows], fresh.first.bias[rows] = 0, 0
            naive = [fresh(**target.frontend.inputs(b).arguments) for b in features.batches(clips, 2)]
            assert np.array_equal(found, torch.cat(naive).double().numpy())


def test_batches_are_as_small_as_the_memory_asks(ast: str, clips: pl.DataFrame, tmp_path: Path, monkeypatch):
    from dagster_and.targets.cutting import evaluating

    sizes: list[int] = []
    record = evaluating.Recording
    monkeypatch.setattr(
        evaluating, "Recording", lambda *args: sizes.append(len(args[1]["input_values"])) or record(*args)
    )
    target = open_transformers(ast)
    features = FeatureCache(tmp_path / "features", target.frontend, 1.0)
    one = recording(target).bytes // 2
    monkeypatch.setattr(evaluating, "MIB", 2 * one + 1)
    logits_after(target, clips, features, [], batch_size=64, memory_mb=1)
    assert sizes == [1, 2, 2, 1]  # the first one is the measure


def test_rows_by_layer():
    neurons = pl.DataFrame({"neuron_id": [5, 0, 1], "layer_name": ["b", "a", "a"], "neuron_index": [3, 0, 1]})
    assert rows_of(neurons) == {"a": [0, 1], "b": [3]}
