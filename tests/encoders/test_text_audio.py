"""The text-audio seam: the ridge map on real embeddings, and a tiny random CLAP saved to a local folder."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from dagster_and.encoders import encoding_by
from dagster_and.encoders.text_audio import open_text_audio_encoder
from dagster_and.foundation.errors import UserError
from dagster_and.hub.quiet import quiet_transformers

CONCEPTS = ["siren", "rain"]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder, random = tmp_path_factory.mktemp("sounds"), np.random.default_rng(0)
    time = np.arange(8000) / 16000
    rows = []
    for i in range(12):
        is_tone = i % 2 == 0
        wave = np.sin(6.28 * random.uniform(700, 1000) * time) if is_tone else random.normal(size=8000)
        soundfile.write(folder / f"{i}.wav", 0.1 * wave, 16000)
        caption = None if i == 11 else f"The sound of {'a siren' if is_tone else 'rain'}."
        rows.append(
            {"clip_id": i, "path": str(folder / f"{i}.wav"), "window_s": 0.5, "fold": i // 3, "caption": caption}
        )
    return pl.DataFrame(rows)


def test_the_ridge_map_hears_what_it_never_saw(clips: pl.DataFrame):
    match = open_text_audio_encoder("ridge", encoding_by("minilm")).match(clips, CONCEPTS)
    assert match.shape == (12, 2)
    assert match.argmax(dim=1).tolist() == [0, 1] * 6
    assert bool((match.abs() <= 1).all())


def test_sounds_are_heard_one_at_a_time(tmp_path: Path):
    """Whatever a map needs of them, all of them together may not fit into memory."""
    soundfile.write(tmp_path / "long.wav", np.random.default_rng(0).normal(0, 0.1, 160_000), 16000)
    rows = [
        {"path": str(tmp_path / "long.wav"), "window_s": 10.0, "fold": i % 2, "caption": f"Sound {i % 3}."}
        for i in range(60)
    ]
    tracemalloc.start()
    try:
        open_text_audio_encoder("ridge", encoding_by("minilm")).match(pl.DataFrame(rows), CONCEPTS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60 * 160_000 * 4 / 2


def test_too_few_captions_are_refused(clips: pl.DataFrame):
    bare = clips.with_columns(caption=pl.when(pl.col("clip_id") == 0).then("caption"))
    with pytest.raises(UserError, match="caption more clips, or name a CLAP model"):
        open_text_audio_encoder("ridge", encoding_by("minilm")).match(bare, CONCEPTS)


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, RobertaTokenizer

    folder = tmp_path_factory.mktemp("tiny-clap")
    symbols = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *"abcdefghijklmnopqrstuvwxyz", "Ġ"]
    (folder / "vocab.json").write_text(json.dumps({symbol: i for i, symbol in enumerate(symbols)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    with quiet_transformers():
        RobertaTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
        ClapFeatureExtractor(feature_size=64, truncation="rand_trunc", max_length_s=10).save_pretrained(folder)
        text = {"vocab_size": len(symbols), "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
                "intermediate_size": 16, "max_position_embeddings": 90, "pad_token_id": 1}  # fmt: skip
        audio = {"spec_size": 256, "num_mel_bins": 64, "patch_embeds_hidden_size": 8, "depths": [1, 1],
                 "num_attention_heads": [1, 2], "hidden_size": 16, "window_size": 8, "num_classes": 2}  # fmt: skip
        torch.manual_seed(0)
        ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=8)).save_pretrained(folder)
    return folder


def test_clap_matches_sounds_with_concepts(clap: Path, clips: pl.DataFrame):
    encoder = open_text_audio_encoder(f"clap:{clap}", encoding_by("minilm"))
    match = encoder.match(clips, [*CONCEPTS, "siren"])
    assert match.shape == (12, 3)
    assert bool((match.abs() <= 1 + 1e-6).all())
    assert torch.allclose(match[:, 0], match[:, 2])
    assert not torch.allclose(match[0], match[1])
    assert torch.allclose(encoder.match(clips.head(1), CONCEPTS), match[:1, :2], atol=1e-5)


def test_a_folder_without_clap_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="write ridge, or clap:"):
        open_text_audio_encoder(f"clap:{tmp_path}", encoding_by("minilm"))
