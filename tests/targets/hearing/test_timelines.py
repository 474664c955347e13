"""The seconds that a token is said to hear are those in which a change of the sound changes it."""

from pathlib import Path

import pytest
import torch

from tests.targets.kinds import target_of

RATE_HZ = 16_000
FIRST = {
    "ast": "audio_spectrogram_transformer.embeddings", "beats": "layer_norm", "wav2vec2": "wav2vec2.feature_projection",
    "whisper": "encoder.conv2",
}  # fmt: skip
"""What puts out tokens before any of them knows of another."""


@pytest.mark.parametrize("kind", FIRST)
@pytest.mark.parametrize("at_s", [0.02, 0.123, 0.31])
def test_a_token_hears_the_seconds_that_are_said(kind: str, at_s: float, tmp_path: Path):
    target = target_of(kind, tmp_path)
    line, sound = target.frontend.timeline, 0.1 * torch.randn(8000, generator=torch.Generator().manual_seed(0))
    assert line is not None
    changed = sound.clone()
    changed[round(at_s * RATE_HZ)] += 0.05
    inputs, put_out = target.inputs([target.frontend.features(sound)]), list[torch.Tensor]()

    def hook(_module: object, _inputs: object, output: torch.Tensor | tuple[torch.Tensor, ...]) -> None:
        put_out.append(output[0] if isinstance(output, tuple) else output)

    handle = target.model.get_submodule(FIRST[kind]).register_forward_hook(hook)
    for heard in (sound, changed):
        with torch.inference_mode():
            target.model(**target.inputs([target.frontend.features(heard)]).arguments)
    handle.remove()
    before, after = (tokens.mT if kind == "whisper" else tokens for tokens in put_out)
    difference = ((after - before).abs().amax(dim=2) * inputs.sound_tokens)[0, line.special :]
    shape = (line.bands, -1) if line.is_band_major else (-1, line.bands)
    by_step = difference.reshape(shape).amax(dim=0 if line.is_band_major else 1)
    moved = set(torch.nonzero(by_step > 1e-2 * by_step.max()).flatten().tolist())
    begins = [line.start_s + step * line.step_s for step in range(len(by_step))]
    said = {step for step, start_s in enumerate(begins) if start_s <= at_s < start_s + line.span_s}
    assert moved
    assert moved <= said
    assert len(said - moved) <= 1  # at the rim of a window there is next to nothing
