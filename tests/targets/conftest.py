"""Small randomly initialised networks of each kind, saved as local checkpoints."""

from pathlib import Path
from typing import Any

import pytest
import torch

from dagster_and.hub.quiet import quiet_transformers

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24, "num_labels": 3}


def save(folder: Path, config: Any, extractor: Any) -> str:
    from transformers import AutoModelForAudioClassification

    torch.manual_seed(0)
    AutoModelForAudioClassification.from_config(config).save_pretrained(folder)
    extractor.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def ast(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny AST that hears 64 frames: 12 x 5 patches and two special tokens."""
    from transformers import ASTConfig, ASTFeatureExtractor

    config = ASTConfig(**TINY, max_length=64, id2label={0: "dog", 1: "rain", 2: "siren"})
    with quiet_transformers():
        extractor = ASTFeatureExtractor(max_length=64)
    return save(tmp_path_factory.mktemp("tiny-ast"), config, extractor)


@pytest.fixture(scope="session")
def wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny Wav2Vec2 with layer-normed convolutions, which takes an attention mask."""
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor

    config = Wav2Vec2Config(
        **TINY, conv_dim=(8, 8), conv_stride=(5, 4), conv_kernel=(10, 8), num_feat_extract_layers=2,
        num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2, feat_extract_norm="layer",
    )  # fmt: skip
    return save(tmp_path_factory.mktemp("tiny-wav2vec2"), config, Wav2Vec2FeatureExtractor(return_attention_mask=True))


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny Whisper encoder with a classification head."""
    from transformers import WhisperConfig, WhisperFeatureExtractor

    config = WhisperConfig(
        d_model=16, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=24, decoder_layers=1,
        decoder_attention_heads=2, decoder_ffn_dim=16, vocab_size=64, num_labels=3, pad_token_id=0, bos_token_id=1,
        eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    return save(tmp_path_factory.mktemp("tiny-whisper"), config, WhisperFeatureExtractor())
