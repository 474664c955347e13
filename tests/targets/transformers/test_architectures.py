"""Every transformers family, classifier and bare encoder, from a local checkpoint to its top clips."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dagster_and.audio.reading import read_waveform
from dagster_and.foundation.errors import UserError
from dagster_and.hub.quiet import quiet_forward
from dagster_and.targets.cutting.obstacles import obstacle
from dagster_and.targets.cutting.rows import cut_out
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.opening import open_transformers
from tests.targets import rooms
from tests.targets.transformers import networks

SHORT = 3200  # samples of the clip that is shorter than the window


def alone(target: Target, folder: Path) -> list[torch.Tensor]:
    waveform = torch.from_numpy(read_waveform(folder / "1.wav", target.frontend.sample_rate_hz, rooms.WINDOW_S))
    assert len(waveform) == SHORT
    return [target.frontend.features(waveform)]


@pytest.mark.parametrize("family", networks.CLASSIFIERS)
def test_a_classifier_gives_its_neurons_activations_and_top_clips(family: str, tmp_path: Path):
    target = open_transformers(networks.save_classifier(family, tmp_path / "network"), window_s=rooms.WINDOW_S)
    evidence = rooms.run(target, tmp_path)
    rooms.check_tables(target, evidence)
    assert [layer.sublayer for layer in target.layers] == ["attention_output", "intermediate", "output"] * 2 + ["head"]
    assert target.blocks == 2
    assert target.class_labels == ("LABEL_0", "LABEL_1", "LABEL_2")
    inputs = target.frontend.inputs(alone(target, tmp_path))
    with torch.inference_mode(), quiet_forward():
        logits = target.logits(inputs.arguments)[0]
    np.testing.assert_allclose(evidence.by_layer[target.layers[-1].name][1], logits, atol=1e-5)


@pytest.mark.parametrize("family", networks.CLASSIFIERS)
def test_every_layer_of_every_family_can_be_cut(family: str, tmp_path: Path):
    """WavLM's output projection never runs itself; its weights are taken, and so are those that were cut."""
    target = open_transformers(networks.save_classifier(family, tmp_path / "net"), window_s=rooms.WINDOW_S)
    features = [target.frontend.features(torch.randn(8000) / 10)]
    arguments = target.frontend.inputs(features).arguments
    for layer in target.layers[:-1]:
        assert obstacle(target.model, layer) is None, layer.name
        with cut_out(target.model, {layer.name: [1, 3]}):
            said = rooms.outputs(target.model, arguments)[layer.reading.module or layer.name]
        assert (said[..., [1, 3]] == 0).all(), layer.name
        assert (said[..., [0, 2]] != 0).any(), layer.name


@pytest.mark.parametrize("family", networks.CLASSIFIERS)
def test_a_bare_encoder_has_no_head(family: str, tmp_path: Path):
    target = open_transformers(networks.save_bare(family, tmp_path / "network"), window_s=rooms.WINDOW_S)
    evidence = rooms.run(target, tmp_path)
    rooms.check_tables(target, evidence)
    assert target.head is None
    assert (target.class_labels, target.blocks, len(target.layers)) == ((), 2, 6)


@pytest.mark.parametrize("family", ["wav2vec2", "hubert", "wavlm", "data2vec", "sew", "unispeech", "unispeech-sat"])
def test_a_short_clip_is_pooled_as_if_it_were_alone(family: str, tmp_path: Path):
    """With a mask, a padded clip's tokens are those of the clip without padding: 158 convolution steps, 79 of SEW.

    Only Data2Vec's stack of convolutions hears the padding; there the sound's steps of the padded clip are compared.
    """
    path = networks.save_classifier(family, tmp_path / "network")
    target = open_transformers(path, window_s=rooms.WINDOW_S)
    evidence = rooms.run(target, tmp_path)
    hand = target if family == "data2vec" else open_transformers(path)
    steps = 79 if family == "sew" else 158
    seen = rooms.outputs(hand.model, hand.frontend.inputs(alone(target, tmp_path)).arguments)
    for layer in target.layers[:-1]:
        tokens = seen[layer.reading.module or layer.name][0]
        assert len(tokens) == steps or family == "data2vec"
        np.testing.assert_allclose(evidence.by_layer[layer.name][1], tokens[:steps].mean(dim=0), atol=2e-5)


def test_without_a_mask_the_padding_is_heard_but_not_pooled(tmp_path: Path):
    """Group norm sees the whole window, so the clip is padded to it whatever its batch; 158 steps are sound."""
    target = open_transformers(networks.save_classifier("wav2vec2-group-norm", tmp_path / "n"), window_s=rooms.WINDOW_S)
    evidence = rooms.run(target, tmp_path)
    inputs = target.frontend.inputs(alone(target, tmp_path))
    assert inputs.arguments["input_values"].shape == (1, 8000)
    seen = rooms.outputs(target.model, inputs.arguments)
    for layer in target.layers[:-1]:
        by_hand = seen[layer.name][0, :158].mean(dim=0)
        np.testing.assert_allclose(evidence.by_layer[layer.name][1], by_hand, atol=2e-5)
    single = rooms.run(target, tmp_path, batch_size=1)
    for name, values in evidence.by_layer.items():
        np.testing.assert_allclose(values, single.by_layer[name], atol=1e-5)


@pytest.mark.parametrize("pooling", ["default", "cls", "mean", "max"])
def test_ast_is_read_at_its_cls_token_by_default(pooling: str, tmp_path: Path):
    """0.2 s are 18 frames; patches start every 10, so in each of 12 bands the first 2 of 5 steps hear sound."""
    target = open_transformers(networks.save_classifier("ast", tmp_path / "network"))
    evidence = rooms.run(target, tmp_path, pooling)
    seen = rooms.outputs(target.model, target.frontend.inputs(alone(target, tmp_path)).arguments)
    sound = [2 + 5 * band + step for band in range(12) for step in (0, 1)]
    for layer in target.layers[:-1]:
        tokens = seen[layer.name][0]
        by_hand = {"mean": tokens[sound].mean(dim=0), "max": tokens[sound].amax(dim=0)}.get(pooling, tokens[0])
        np.testing.assert_allclose(evidence.by_layer[layer.name][1], by_hand, atol=1e-5)


def test_whisper_is_pooled_over_the_tokens_of_the_sound(tmp_path: Path):
    """0.2 s are 20 frames of 10 ms, of which the second convolution makes 10 tokens."""
    target = open_transformers(networks.save_bare("whisper", tmp_path / "network"))
    assert type(target.model).__name__ == "WhisperEncoder"
    evidence = rooms.run(target, tmp_path)
    seen = rooms.outputs(target.model, target.frontend.inputs(alone(target, tmp_path)).arguments)
    for layer in target.layers:
        np.testing.assert_allclose(evidence.by_layer[layer.name][1], seen[layer.name][0, :10].mean(dim=0), atol=1e-5)


@pytest.mark.parametrize("is_fused", [False, True])
@pytest.mark.parametrize("kind", ["ClapModel", "ClapAudioModelWithProjection", "ClapAudioModel"])
def test_clap_is_pooled_over_all_tokens_of_all_windows(kind: str, is_fused: bool, tmp_path: Path):
    """Blocks are numbered through the stages: 2 and 1; the short clip is repeated, so every token hears it."""
    target = open_transformers(networks.save_clap(kind, tmp_path / "network", is_fused=is_fused))
    evidence = rooms.run(target, tmp_path)
    rooms.check_tables(target, evidence)
    assert target.head is None
    assert [layer.block_index for layer in target.layers] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    seen = rooms.outputs(target.model, target.frontend.inputs(alone(target, tmp_path)).arguments)
    windows = seen[target.layers[0].name]
    assert windows.shape[:2] == (16, 16)  # 16 x 16 patches in windows of 4 x 4
    for layer in target.layers:
        by_hand = seen[layer.name].reshape(-1, layer.width).mean(dim=0)
        np.testing.assert_allclose(evidence.by_layer[layer.name][1], by_hand, atol=1e-5)


def test_weights_that_are_not_there_are_not_drawn_at_random(tmp_path: Path):
    import json

    folder = tmp_path / "network"
    networks.save_bare("wav2vec2", folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["Wav2Vec2ForSequenceClassification"]}))
    with pytest.raises(UserError, match=r"lacks weights of its network \(classifier\.bias, classifier\.weight"):
        open_transformers(str(folder))


def test_cls_without_a_cls_token_is_refused(tmp_path: Path):
    target = open_transformers(networks.save_classifier("hubert", tmp_path / "network"))
    with pytest.raises(UserError, match=r"activations\.pooling is cls, but HubertFor.* has no CLS token"):
        rooms.run(target, tmp_path, "cls")


def test_wavlms_output_projection_is_read_although_it_never_runs(tmp_path: Path):
    """Its neurons are rows of a weight matrix: without weights and bias the recorded values are zero."""
    target = open_transformers(networks.save_classifier("wavlm", tmp_path / "network"), window_s=rooms.WINDOW_S)
    projection = target.layers[0].name
    assert projection.endswith("layers.0.attention.out_proj")
    with torch.no_grad():
        target.model.get_submodule(projection).weight[3] = 0
        target.model.get_submodule(projection).bias[3] = 0
    values = rooms.run(target, tmp_path).by_layer[projection]
    assert (values[:, 3] == 0).all()
    assert (values[:, 4] != 0).all()
