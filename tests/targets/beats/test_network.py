"""The network against a slow one written apart from it: equal to 1e-4 in every layer, with and without padding."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dagster_and.targets.beats.checkpoint import load_beats
from dagster_and.targets.beats.network import Beats, bucket, fbank
from tests.targets.beats import naive_beats
from tests.targets.beats.conftest import SMALL, published_weights


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return published_weights(SMALL)


@pytest.fixture(scope="module")
def model(state: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Beats:
    path: Path = tmp_path_factory.mktemp("beats") / "small.pt"
    torch.save({"cfg": SMALL | {"some_newer_key": 1}, "model": state}, path)
    return load_beats(path)[0]


def run(model: Beats, waves: np.ndarray, padding: np.ndarray | None = None) -> dict[str, np.ndarray]:
    seen: dict[str, np.ndarray] = {}
    handles = [
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out.numpy()))
        for name, module in model.named_modules()
        if name.endswith((".fc1", ".fc2"))
    ]
    with torch.inference_mode():
        out = model(torch.from_numpy(waves), None if padding is None else torch.from_numpy(padding))
    for handle in handles:
        handle.remove()
    return seen | {"last_hidden_state": out.last_hidden_state.numpy(), "logits": out.logits.numpy()}


@pytest.mark.parametrize("lengths", [None, (12_000, 5_000), (9_700, 12_000), (12_000, 300)])
def test_every_layer_equals_the_naive_network(model: Beats, state: dict, lengths: tuple[int, int] | None):
    waves = np.stack([noise(12_000), noise(12_000, seed=1)])
    padding = None
    if lengths:
        padding = np.arange(12_000) >= np.array(lengths)[:, None]
        waves[padding] = 0
    ours = run(model, waves, padding)
    naive = naive_beats.NaiveBeats(SMALL, state)
    for clip in range(2):
        expected = naive.run(waves[clip], None if padding is None else padding[clip])
        assert set(ours) == set(expected) - {"padding"}
        for name, values in ours.items():
            np.testing.assert_allclose(values[clip], expected[name], atol=1e-4, rtol=0, err_msg=name)


@pytest.mark.parametrize("samples", [400, 8000, 16_001])
def test_fbank_equals_kaldis(samples: int):
    wave = noise(samples)
    expected = (naive_beats.kaldi_fbank(wave.astype(np.float64) * 2**15) - 15.41663) / (2 * 6.55582)
    np.testing.assert_allclose(fbank(torch.from_numpy(wave)), expected, atol=1e-4, rtol=0)


def test_a_batch_hears_each_clip_as_it_is_heard_alone():
    waves = torch.from_numpy(np.stack([noise(4000), noise(4000, seed=1)]))
    assert torch.equal(fbank(waves)[1], fbank(waves[1:])[0])


@pytest.mark.parametrize(("buckets", "max_distance"), [(320, 800), (32, 40)])
def test_buckets_equal_the_naive_ones(buckets: int, max_distance: int):
    distances = range(-1000, 1001)
    ours = bucket(torch.tensor(distances), buckets, max_distance).tolist()
    assert ours == [naive_beats.bucket(d, buckets, max_distance) for d in distances]
    assert (min(ours), max(ours)) == (0, buckets - 1)


def test_what_lies_in_padding_changes_nothing(model: Beats):
    """Only frames that are padding from end to end are exchanged: those before hear some sound."""
    wave, padding = noise(12_000)[None], (np.arange(12_000) >= 2720)[None]
    other = wave.copy()
    other[:, 7_000:] = noise(5_000, seed=2)
    with torch.inference_mode():
        one, two = (model(torch.from_numpy(w), torch.from_numpy(padding)) for w in (wave, other))
    torch.testing.assert_close(one.logits, two.logits, atol=1e-6, rtol=0)
    kept = ~one.padding[0]
    assert 0 < kept.sum() < len(kept)
    torch.testing.assert_close(one.last_hidden_state[0, kept], two.last_hidden_state[0, kept], atol=1e-5, rtol=0)


def test_the_published_base_model_has_250_tensors_and_90_million_parameters():
    from dagster_and.targets.beats.config import BeatsConfig

    with torch.device("meta"):
        model = Beats(BeatsConfig())
    published = model.state_dict()  # the shared table is there once for each layer
    assert len(published) == 250
    assert round(sum(t.numel() for t in published.values()) / 1e6, 1) == 90.4
