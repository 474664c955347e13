"""Opening a transformers checkpoint: what is loaded, and what is refused in one sentence."""

import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dagster_and.foundation.errors import UserError
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
