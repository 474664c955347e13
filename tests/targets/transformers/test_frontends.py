"""What a network hears: features equal to the published extractors', padding marked."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_and.hub.quiet import quiet_transformers
from dagster_and.targets.transformers.frontends import FbankFrontend
from dagster_and.targets.transformers.opening import open_transformers


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


@pytest.mark.parametrize("samples", [400, 8000, 16000, 40000])
def test_fbank_equals_the_published_extractor(ast: str, samples: int):
    from transformers import ASTFeatureExtractor

    frontend = open_transformers(ast, weights=False).frontend
    waveform = noise(samples)
    with quiet_transformers():
        extractor = ASTFeatureExtractor.from_pretrained(ast)
    expected = extractor(waveform, sampling_rate=16000, return_tensors="pt")
    ours = frontend.inputs([frontend.features(torch.from_numpy(waveform))]).arguments["input_values"]
    torch.testing.assert_close(ours, expected["input_values"].float(), atol=1e-4, rtol=0)


def test_waveform_frontend_equals_the_published_extractor(wav2vec2: str):
    from transformers import AutoFeatureExtractor

    clips = [noise(4000), noise(6400, seed=1)]
    frontend = open_transformers(wav2vec2).frontend
    expected = AutoFeatureExtractor.from_pretrained(wav2vec2)(
        clips, sampling_rate=16000, padding=True, return_tensors="pt"
    )
    ours = frontend.inputs([frontend.features(torch.from_numpy(clip)) for clip in clips])
    torch.testing.assert_close(ours.arguments["input_values"], expected["input_values"], atol=1e-4, rtol=0)
    assert torch.equal(ours.arguments["attention_mask"], expected["attention_mask"].long())


def test_a_short_clip_marks_its_padding(ast: str):
    """0.2 s are 18 frames; patches start every 10 frames, so of 5 steps the first two (0 and 10) hear sound."""
    frontend = open_transformers(ast, weights=False).frontend
    features = frontend.features(torch.from_numpy(noise(3200)))
    assert len(features) == 18
    sound = frontend.inputs([features]).sound_tokens[0]
    assert not sound[:2].any()  # CLS and distillation are no sound
    assert sound[2:].view(12, 5).tolist() == [[True, True, False, False, False]] * 12


@settings(max_examples=20, deadline=None)
@given(samples=st.integers(1, 12000))
def test_every_length_has_features_and_at_least_one_sound_token(samples: int):
    from transformers import ASTConfig, ASTFeatureExtractor

    with quiet_transformers():
        frontend = FbankFrontend(ASTFeatureExtractor(max_length=64), ASTConfig(max_length=64))
    features = frontend.features(torch.from_numpy(noise(samples)))
    assert len(features) == 1 + max(0, samples - 400) // 160
    assert frontend.inputs([features]).sound_tokens.any()


def test_whisper_marks_half_as_many_tokens_as_frames(whisper: str):
    frontend = open_transformers(whisper).frontend
    features = frontend.features(torch.from_numpy(noise(16000)))
    inputs = frontend.inputs([features])
    assert inputs.arguments["input_features"].shape == (1, 80, 3000)
    assert inputs.sound_tokens.shape == (1, 1500)
    assert int(inputs.sound_tokens.sum()) == 50
