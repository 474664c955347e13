"""The activations room: what is written down is what the layers put out."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from dagster_and.dissection import Activations
from dagster_and.foundation.errors import UserError
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.recording.activations import pooling_of, record
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.opening import open_transformers

SECONDS = (0.6, 0.2, 0.45, 0.03, 0.6)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("clips")
    random = np.random.default_rng(0)
    for i, seconds in enumerate(SECONDS):
        soundfile.write(folder / f"{i}.wav", random.normal(0, 0.1, int(16000 * seconds)), 16000)
    return pl.DataFrame(
        {"path": [str(folder / f"{i}.wav") for i in range(len(SECONDS))], "sha256": [f"{i:064x}" for i in range(5)]}
    )


def recorded(target: Target, clips: pl.DataFrame, folder: Path, settings: Activations) -> np.ndarray:
    """The table's activations, "neuron clip"."""
    features = FeatureCache(folder / "features", target.frontend, 0.6)
    batches = list(record(target, clips, features, settings, folder / "shards"))
    assert all(batch.schema.equals(ACTIVATIONS.schema) for batch in batches)
    ids = np.concatenate([batch.column("neuron_id").to_numpy() for batch in batches])
    assert ids.tolist() == list(range(target.neurons))
    return np.concatenate([b.column("activation").flatten().to_numpy().reshape(b.num_rows, -1) for b in batches])


def forward_by_hand(target: Target, clips: pl.DataFrame, folder: Path, pooling: str) -> np.ndarray:
    """AST block by block, one clip at a time, with nothing of ours but the features: "neuron clip"."""
    model, features = target.model, FeatureCache(folder / "features", target.frontend, 0.6)
    columns: list[torch.Tensor] = []
    for (clip,) in features.batches(clips, 1):
        frames = min(len(clip), 64)
        spectrogram = torch.zeros(1, 64, 128)
        spectrogram[0, :frames] = clip[:frames]
        x = model.audio_spectrogram_transformer.embeddings((spectrogram - target.frontend.mean) / target.frontend.scale)
        steps = -(-frames // 10)  # patches start every 10 frames
        heard = [2 + band * 5 + step for band in range(12) for step in range(min(steps, 5))]
        values: list[torch.Tensor] = []
        for block in model.audio_spectrogram_transformer.layers:
            outputs = {}
            normed = block.layernorm_before(x)
            attention = block.attention
            q, k, v = (
                projection(normed).view(1, -1, 2, 8).transpose(1, 2)
                for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
            )
            weights = torch.softmax(q @ k.transpose(2, 3) / 8**0.5, dim=-1)
            outputs["o_proj"] = attention.o_proj((weights @ v).transpose(1, 2).reshape(1, -1, 16))
            x = x + outputs["o_proj"]
            outputs["fc1"] = block.mlp.fc1(block.layernorm_after(x))
            outputs["fc2"] = block.mlp.fc2(torch.nn.functional.gelu(outputs["fc1"]))
            x = x + outputs["fc2"]
            for output in outputs.values():
                tokens = output[0]
                pooled = {"cls": tokens[0], "mean": tokens[heard].mean(dim=0), "max": tokens[heard].amax(dim=0)}
                values.append(pooled[pooling])
        x = model.audio_spectrogram_transformer.layernorm(x)
        values.append(model.classifier((x[:, 0] + x[:, 1]) / 2)[0])
        columns.append(torch.cat(values))
    return torch.stack(columns, dim=1).detach().numpy()


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
def test_hook_values_equal_a_forward_written_by_hand(ast: str, clips: pl.DataFrame, tmp_path: Path, pooling: str):
    target = open_transformers(ast)
    ours = recorded(target, clips, tmp_path, Activations(pooling=pooling, batch_size=2))
    np.testing.assert_allclose(ours, forward_by_hand(target, clips, tmp_path, pooling), atol=1e-5)


@pytest.mark.parametrize("family", ["ast", "wav2vec2", "whisper"])
@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_padding_never_counts(request: pytest.FixtureRequest, clips: pl.DataFrame, tmp_path: Path, family, pooling):
    """A clip alone, and beside longer ones: in a batch it is padded further, which must change nothing."""
    target = open_transformers(request.getfixturevalue(family))
    alone = recorded(target, clips, tmp_path / "a", Activations(pooling=pooling, batch_size=1))
    together = recorded(target, clips, tmp_path / "b", Activations(pooling=pooling, batch_size=5))
    np.testing.assert_allclose(alone, together, atol=1e-4)


def test_batch_size_and_buffer_change_no_value(ast: str, clips: pl.DataFrame, tmp_path: Path):
    target = open_transformers(ast)
    whole = recorded(target, clips, tmp_path, Activations(batch_size=3))
    settings = Activations(batch_size=3).model_copy(update={"buffer_mb": 1e-5})  # 10 bytes: a row group per neuron
    assert np.array_equal(recorded(target, clips, tmp_path, settings), whole)


def test_a_number_that_is_not_finite_is_refused_by_neuron_and_clip(ast: str, clips: pl.DataFrame, tmp_path: Path):
    target = open_transformers(ast)
    with torch.no_grad():
        target.model.audio_spectrogram_transformer.layers[1].mlp.fc1.bias[3] = float("inf")
    with pytest.raises(UserError, match=r"Neuron 75 \(.*layers\.1\.mlp\.fc1\) is not a finite number on clip 0"):
        recorded(target, clips, tmp_path, Activations(pooling="cls"))


def test_cls_is_refused_where_there_is_no_cls_token(wav2vec2: str, ast: str):
    assert pooling_of(open_transformers(ast), Activations(pooling="cls")) == "cls"
    with pytest.raises(UserError, match="has no CLS token: write mean or max"):
        pooling_of(open_transformers(wav2vec2), Activations(pooling="cls"))


def test_the_network_is_left_as_it_was_found(ast: str, clips: pl.DataFrame, tmp_path: Path):
    target = open_transformers(ast)
    recorded(target, clips, tmp_path, Activations())
    assert not any(module._forward_hooks for module in target.model.modules())
    lost = clips.with_columns(path=pl.lit("/no/such/file.wav"), sha256=pl.lit("f" * 64))
    with pytest.raises(soundfile.LibsndfileError):
        recorded(target, lost, tmp_path, Activations())
    assert not any(module._forward_hooks for module in target.model.modules())
