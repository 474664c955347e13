"""A small randomly initialised network of every transformers family, saved as a local checkpoint."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from dagster_and.hub.quiet import quiet_transformers

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24, "num_labels": 3}
WAVEFORM = TINY | {
    "conv_dim": (8, 8), "conv_stride": (5, 4), "conv_kernel": (10, 8), "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip


def _waveform(name: str, normalises: str = "layer", **settings: Any) -> Callable[[], tuple[Any, Any]]:
    """A network on raw waveforms; with layer norm it takes an attention mask, with group norm it can't."""

    def make() -> tuple[Any, Any]:
        import transformers

        if name != "Data2VecAudio":
            settings["feat_extract_norm"] = normalises
        config = getattr(transformers, f"{name}Config")(**WAVEFORM, **settings)
        extractor = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=normalises == "layer")
        return config, extractor

    return make


def _ast() -> tuple[Any, Any]:
    from transformers import ASTConfig, ASTFeatureExtractor

    return ASTConfig(**TINY, max_length=64), ASTFeatureExtractor(max_length=64)


def _whisper() -> tuple[Any, Any]:
    from transformers import WhisperConfig, WhisperFeatureExtractor

    config = WhisperConfig(
        d_model=16, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=24, decoder_layers=1,
        decoder_attention_heads=2, decoder_ffn_dim=16, vocab_size=64, num_labels=3, pad_token_id=0, bos_token_id=1,
        eos_token_id=2, decoder_start_token_id=1, max_source_positions=100,
    )  # fmt: skip
    return config, WhisperFeatureExtractor(chunk_length=2)


def clap_config(**settings: Any) -> Any:
    from transformers import ClapAudioConfig

    # 64 frames a side of the folded picture: 16 bands x 4 rows of frames
    return ClapAudioConfig(
        hidden_size=16, patch_embeds_hidden_size=8, depths=[2, 1], num_attention_heads=[2, 2], window_size=4,
        spec_size=64, num_mel_bins=16, projection_dim=8, projection_hidden_size=16, num_hidden_layers=2, **settings,
    )  # fmt: skip


def clap_extractor(**settings: Any) -> Any:
    from transformers import ClapFeatureExtractor

    return ClapFeatureExtractor(feature_size=16, sampling_rate=16_000, max_length_s=1, hop_length=80, **settings)


CLASSIFIERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "ast": _ast,
    "wav2vec2": _waveform("Wav2Vec2"),
    "wav2vec2-group-norm": _waveform("Wav2Vec2", "group"),
    "hubert": _waveform("Hubert"),
    "wavlm": _waveform("WavLM", num_buckets=16, max_bucket_distance=20),
    "data2vec": _waveform("Data2VecAudio", conv_pos_kernel_size=5),
    "sew": _waveform("SEW", squeeze_factor=2),
    "unispeech": _waveform("UniSpeech", num_ctc_classes=4),
    "unispeech-sat": _waveform("UniSpeechSat", num_clusters=4),
    "whisper": _whisper,
}


def save_classifier(family: str, folder: Path) -> str:
    from transformers import AutoModelForAudioClassification

    return _save(AutoModelForAudioClassification, family, folder)


def save_bare(family: str, folder: Path) -> str:
    from transformers import AutoModel

    return _save(AutoModel, family, folder)


def _save(loader: Any, family: str, folder: Path) -> str:
    with quiet_transformers():
        config, extractor = CLASSIFIERS[family]()
        torch.manual_seed(0)
        loader.from_config(config).save_pretrained(folder)
        extractor.save_pretrained(folder)
    return str(folder)


def save_clap(kind: str, folder: Path, *, is_fused: bool) -> str:
    import transformers

    config = clap_config(enable_fusion=is_fused)
    if kind == "ClapModel":
        text = transformers.ClapTextConfig(
            vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
        )
        config = transformers.ClapConfig(text_config=text.to_dict(), audio_config=config.to_dict(), projection_dim=8)
    with quiet_transformers():
        torch.manual_seed(0)
        getattr(transformers, kind)(config).save_pretrained(folder)
        clap_extractor(truncation="fusion" if is_fused else "rand_trunc").save_pretrained(folder)
    return str(folder)
