"""Which layers are dissected, and what is said about one that is not there."""

import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.targets.layers import HEAD, role_of
from dagster_and.targets.transformers.opening import open_transformers


def test_ast_has_three_layers_a_block_and_the_head_last(ast: str):
    target = open_transformers(ast)
    assert [(layer.block_index, layer.sublayer, layer.width) for layer in target.layers] == [
        (0, "attention_output", 16), (0, "intermediate", 24), (0, "output", 16),
        (1, "attention_output", 16), (1, "intermediate", 24), (1, "output", 16),
        (2, "head", 3),
    ]  # fmt: skip
    assert target.layers[-1].name == "classifier.dense"
    assert target.class_labels == ("dog", "rain", "siren")
    assert (target.neurons, target.blocks) == (115, 2)


def test_the_papers_ast_has_55346_neurons():
    import torch
    from transformers import ASTConfig, ASTForAudioClassification

    from dagster_and.targets.layers import dissected_layers

    with torch.device("meta"):
        model = ASTForAudioClassification(ASTConfig(num_labels=50))
    assert sum(layer.width for layer in dissected_layers(model)) == 55_346


@pytest.mark.parametrize("family", ["wav2vec2", "whisper"])
def test_other_families_go_through_the_same_description(family: str, request: pytest.FixtureRequest):
    target = open_transformers(request.getfixturevalue(family))
    roles = [layer.sublayer for layer in target.layers]
    assert roles == ["attention_output", "intermediate", "output"] * 2 + ["head"]


def test_layers_named_in_the_file_are_taken_block_by_block(ast: str):
    body = "audio_spectrogram_transformer.layers"
    target = open_transformers(ast, [[f"{body}.1.mlp.fc1"], [f"{body}.0.mlp.fc2", f"{body}.0.attention.q_proj"]])
    assert [(layer.block_index, layer.sublayer) for layer in target.layers] == [
        (0, "intermediate"), (1, "output"), (1, "q_proj"), (2, "head"),
    ]  # fmt: skip


def test_a_layer_that_is_not_there_is_refused_with_a_list_of_what_is(ast: str):
    with pytest.raises(UserError) as caught:
        open_transformers(ast, [["audio_spectrogram_transformer.layers.0.mlp.fc3"]])
    sentence = str(caught.value)
    assert "'audio_spectrogram_transformer.layers.0.mlp.fc3'" in sentence
    assert "did you mean audio_spectrogram_transformer.layers.0.mlp.fc" in sentence
    assert "audio_spectrogram_transformer.layers.{0..1}.mlp.fc1 (24)" in sentence
    assert "classifier.dense (3)" in sentence


def test_a_layer_named_twice_is_refused(ast: str):
    name = "audio_spectrogram_transformer.layers.0.mlp.fc1"
    with pytest.raises(UserError, match="twice"):
        open_transformers(ast, [[name], [name]])


@pytest.mark.parametrize("name", ["head", "net.head", "heads.0.head", "3.head.1", "head.head"])
def test_a_module_that_is_merely_called_head_does_not_stand_for_classes(name: str):
    assert role_of(name) != HEAD
