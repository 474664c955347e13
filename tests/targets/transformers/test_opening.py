"""Opening a transformers checkpoint: what is loaded, and what is refused in one sentence."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dagster_and.foundation.errors import UserError
from dagster_and.targets.checkpoints import as_unwrapped
from dagster_and.targets.target import weights_sha256
from dagster_and.targets.transformers.opening import open_transformers


def test_the_network_that_was_saved_is_the_one_that_is_opened(ast: str):
    from transformers import ASTForAudioClassification

    saved = ASTForAudioClassification.from_pretrained(ast).eval()
    opened = open_transformers(ast).model
    x = torch.randn(2, 64, 128)
    with torch.inference_mode():
        assert torch.equal(saved(x).logits, opened(x).logits)
    assert weights_sha256(saved) == weights_sha256(opened)


@pytest.mark.parametrize(("old", "new"), [
    ("^", "module."), ("^", "_orig_mod."), ("^", "module._orig_mod."), (r"transformer\.", "transformer._orig_mod."),
])  # fmt: skip
def test_what_wrapped_the_network_when_it_was_saved_is_taken_off(ast: str, tmp_path: Path, old: str, new: str):
    folder = shutil.copytree(ast, tmp_path / "wrapped")
    state = load_file(folder / "model.safetensors")
    wrapped = {re.sub(old, new, name, count=1): tensor for name, tensor in state.items()}
    assert wrapped.keys() != state.keys()
    save_file(wrapped, folder / "model.safetensors", metadata={"format": "pt"})
    assert weights_sha256(open_transformers(str(folder)).model) == weights_sha256(open_transformers(ast).model)


@pytest.mark.parametrize("family", ["ast", "wav2vec2", "whisper"])
@pytest.mark.parametrize("prefix", ["model.", "module.model.", "model._orig_mod.", "_orig_mod.module.model._orig_mod."])
def test_what_lightning_put_before_every_name_is_taken_off(
    request: pytest.FixtureRequest, tmp_path: Path, family: str, prefix: str
):
    bare = request.getfixturevalue(family)
    folder = shutil.copytree(bare, tmp_path / "wrapped")
    state = load_file(folder / "model.safetensors")
    wrapped = {f"{prefix}{name}": tensor for name, tensor in state.items()}
    save_file(wrapped, folder / "model.safetensors", metadata={"format": "pt"})
    assert weights_sha256(open_transformers(str(folder)).model) == weights_sha256(open_transformers(bare).model)


def test_a_part_that_a_network_itself_calls_model_stays(tmp_path: Path):
    names = ["model.encoder.weight", "classifier.weight"]
    assert [
        re.sub(pattern, put, name) for pattern, put in [*as_unwrapped(names).items()][:1] for name in names
    ] == names


@pytest.mark.parametrize(
    ("file", "key", "value", "said"),
    [
        ("config.json", "num_hidden_layers", 10**8, "says num_hidden_layers: 100000000, but its weights are"),
        ("config.json", "num_labels", 10**9, "says num_labels: 1000000000"),
        ("config.json", "num_labels", -1, "has 0 classes by its config.json, but .* its last layer, has 16 units"),
        ("config.json", "hidden_size", 60_000, "describes a network of .* numbers, but its weights hold"),
        ("config.json", "frequency_stride", 0, "can't be read as an audio network"),
        ("preprocessor_config.json", "sampling_rate", 0, "can't be read as an audio network"),
        ("preprocessor_config.json", "sampling_rate", 500, "a sampling_rate of 500 in its preprocessor_config"),
        ("preprocessor_config.json", "sampling_rate", "x", "can't be read as an audio network"),
        ("preprocessor_config.json", "num_mel_bins", 7, "num_mel_bins is 7 in its preprocessor_config.json, but 128"),
        ("preprocessor_config.json", "std", "x", "can't be read as an audio network"),
    ],
)
@pytest.mark.parametrize("weights", [True, False])
def test_settings_that_no_network_has_are_refused_before_it_is_built(
    ast: str, tmp_path: Path, file: str, key: str, value: object, said: str, *, weights: bool
):
    folder = shutil.copytree(ast, tmp_path / "changed")
    (folder / file).write_text(json.dumps(json.loads((folder / file).read_text()) | {key: value}))
    with pytest.raises(UserError, match=said):
        open_transformers(str(folder), weights=weights)


def test_pickled_weights_are_refused(ast: str, tmp_path: Path):
    folder = shutil.copytree(ast, tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"no \*\.safetensors"):
        open_transformers(str(folder))


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path: Path):
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UserError, match=r"config\.json"):
        open_transformers(str(tmp_path))


def test_cut_weights_are_refused(ast: str, tmp_path: Path):
    folder = shutil.copytree(ast, tmp_path / "cut")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match="can't be read as an audio network"):
        open_transformers(str(folder))


def test_a_path_that_is_not_there_is_refused():
    with pytest.raises(UserError, match="neither a folder nor a hub id"):
        open_transformers("/no/such/folder")


def test_a_file_is_refused(ast: str):
    with pytest.raises(UserError, match="is a file: write the folder"):
        open_transformers(f"{ast}/model.safetensors")


def test_the_hub_that_cannot_be_reached_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="can't be loaded from the hub"):
        open_transformers("nobody/nothing-of-this-name")


def test_class_labels_of_the_file_come_before_the_configurations_own(ast: str):
    assert open_transformers(ast).class_labels == ("dog", "rain", "siren")
    assert open_transformers(ast, class_labels=("a", "b", "c")).class_labels == ("a", "b", "c")
    with pytest.raises(UserError, match="names 2 classes, but the head has 3"):
        open_transformers(ast, class_labels=("a", "b"))
