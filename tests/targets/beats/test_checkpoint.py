"""Checkpoints: every published spelling is read, nothing is run, nothing is guessed."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from dagster_and.foundation.errors import UserError
from dagster_and.targets.beats.checkpoint import load_beats, save_beats
from dagster_and.targets.beats.opening import open_beats
from dagster_and.targets.family import Foreseen
from tests.targets.beats.conftest import SMALL, published_weights

WAVE = torch.randn(1, 8000, generator=torch.Generator().manual_seed(0)) * 0.1


def logits(path: Path) -> torch.Tensor:
    with torch.inference_mode():
        return load_beats(path)[0](WAVE).logits


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> torch.Tensor:
    path = tmp_path_factory.mktemp("published") / "small.pt"
    torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, path)
    return logits(path)


def renamed(old: str, new: str) -> dict[str, torch.Tensor]:
    return {name.replace(old, new): tensor for name, tensor in published_weights(SMALL).items()}


def spelled_by_torch() -> dict[str, torch.Tensor]:
    new = renamed("pos_conv.0.weight_g", "pos_conv.0.parametrizations.weight.original0")
    return {n.replace("pos_conv.0.weight_v", "pos_conv.0.parametrizations.weight.original1"): t for n, t in new.items()}


@pytest.mark.parametrize(
    "state",
    [
        spelled_by_torch(),
        {f"beats.{name}": tensor for name, tensor in published_weights(SMALL).items()},
        {n if n.startswith("fc.") else f"beats.{n}": t for n, t in renamed("predictor", "fc").items()},
        {
            n: t for n, t in published_weights(SMALL).items()
            if "relative_attention_bias" not in n or ".layers.0." in n
        },
    ],
    ids=["parametrizations", "beats prefix", "fc beside beats", "one table"],
)  # fmt: skip
def test_other_spellings_give_the_same_network(tmp_path: Path, expected: torch.Tensor, state: dict):
    torch.save({"cfg": SMALL, "model": state}, tmp_path / "other.pt")
    assert torch.equal(logits(tmp_path / "other.pt"), expected)


@pytest.mark.parametrize("key", ["model", "state_dict", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "model.", "model._orig_mod.", "module.model.beats."])
def test_what_wrapped_the_network_is_taken_off_and_said(tmp_path: Path, expected: torch.Tensor, prefix: str, key: str):
    state = {f"{prefix}{name}": tensor for name, tensor in published_weights(SMALL).items()}
    torch.save({"cfg": SMALL, key: state, "epoch": 3, "pytorch-lightning_version": "2.5"}, tmp_path / "wrapped.pt")
    assert torch.equal(logits(tmp_path / "wrapped.pt"), expected)
    said = Foreseen.as_it_is(open_beats(str(tmp_path / "wrapped.pt"), weights=False)).what
    parts = [f"{part}." for part in prefix.split(".")[:-1]]
    assert said == (
        f"wrapped (Beats; the prefix {' and '.join(parts)} taken off its weights' names)"
        if prefix
        else "wrapped (Beats)"
    )


def test_parts_that_were_compiled_by_themselves_are_the_same_network(tmp_path: Path, expected: torch.Tensor):
    torch.save({"cfg": SMALL, "model": renamed("encoder.", "encoder._orig_mod.")}, tmp_path / "parts.pt")
    assert torch.equal(logits(tmp_path / "parts.pt"), expected)


@pytest.mark.parametrize(
    "label_dict",
    [
        {0: "dog", 1: "rain"},
        {"0": "dog", "1": "rain"},
        {"dog": 0, "rain": 1},
        {"dog": "0", "rain": "1"},
        ["dog", "rain"],
    ],
)
def test_labels_are_read_whichever_way_they_are_mapped(tmp_path: Path, label_dict):
    torch.save({"cfg": SMALL, "model": published_weights(SMALL), "label_dict": label_dict}, tmp_path / "small.pt")
    assert load_beats(tmp_path / "small.pt").labels == {0: "dog", 1: "rain"}


@pytest.mark.parametrize("label_dict", [{"dog": "barks"}, {"dog": [0]}, 7, "dog", {"9" * 9999: "dog"}, {10**30: "dog"}])
def test_labels_of_no_known_form_are_refused(tmp_path: Path, label_dict):
    torch.save({"cfg": SMALL, "model": published_weights(SMALL), "label_dict": label_dict}, tmp_path / "small.pt")
    with pytest.raises(UserError, match=r"label_dict maps neither .* name target\.class_labels"):
        load_beats(tmp_path / "small.pt")


def test_a_bare_state_dict_tells_its_own_sizes(tmp_path: Path):
    """All but max_distance, which no shape tells: it is the published one, so the clip stays within near distances."""
    cfg = SMALL | {"num_buckets": 320, "max_distance": 800}
    state = published_weights(cfg)
    torch.save(state, tmp_path / "bare.pt")
    torch.save({"cfg": cfg, "model": state}, tmp_path / "whole.pt")
    assert torch.equal(logits(tmp_path / "bare.pt"), logits(tmp_path / "whole.pt"))
    assert load_beats(tmp_path / "bare.pt")[0].config == load_beats(tmp_path / "whole.pt")[0].config


def test_safetensors_with_cfg_in_the_metadata(tmp_path: Path, expected: torch.Tensor):
    save_file(published_weights(SMALL), tmp_path / "small.safetensors", metadata={"cfg": json.dumps(SMALL)})
    assert torch.equal(logits(tmp_path / "small.safetensors"), expected)


def test_what_is_saved_is_read_back_under_the_published_names(tmp_path: Path, expected: torch.Tensor):
    torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, tmp_path / "small.pt")
    model = load_beats(tmp_path / "small.pt").model
    save_beats(model, tmp_path / "again.pt", label_dict={0: "dog"})
    content = torch.load(tmp_path / "again.pt", weights_only=True)
    assert set(content["model"]) == set(published_weights(SMALL))
    assert torch.equal(logits(tmp_path / "again.pt"), expected)
    assert load_beats(tmp_path / "again.pt")[1] == {0: "dog"}


def test_without_weights_the_same_layers_are_there(tmp_path: Path):
    torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, tmp_path / "small.pt")
    model = load_beats(tmp_path / "small.pt", weights=False).model
    assert all(p.is_meta for p in model.parameters())
    assert model.predictor.out_features == 5


class Harmful:
    def __reduce__(self):
        return os.system, ("touch harmed",)


def test_a_pickle_that_wants_to_run_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"cfg": SMALL, "model": published_weights(SMALL), "extra": Harmful()}, "harmful.pt")
    with pytest.raises(UserError, match="is refused: its pickle asks to run code") as caught:
        load_beats(Path("harmful.pt"))
    assert "\n" not in str(caught.value)
    assert not Path("harmed").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("encoder.layers.1.fc1.bias"), r"lacks encoder\.layers\.1\.fc1\.bias"),
        (lambda s: s.update(gate=torch.ones(1)), "has besides gate"),
        (lambda s: s.update({"predictor.bias": torch.ones(4)}), r"in another shape predictor\.bias \(4,\), not \(5,\)"),
        (lambda s: s["encoder.layers.1.self_attn.relative_attention_bias.weight"].add_(1), "share one table"),
        (lambda s: s.update({"fc.weight": torch.ones(2, 24), "fc.bias": torch.ones(2)}), "two heads"),
        (lambda s: s.update({"beats.layer_norm.bias": torch.ones(20)}), "twice"),
    ],
    ids=["missing", "unknown", "shape", "two tables", "two heads", "twice"],
)
def test_weights_that_do_not_fit_are_named(tmp_path: Path, change, said: str):
    state = published_weights(SMALL)
    change(state)
    torch.save({"cfg": SMALL, "model": state}, tmp_path / "wrong.pt")
    with pytest.raises(UserError, match=said):
        load_beats(tmp_path / "wrong.pt")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "holds neither"),
        ({"model": {"a": "text"}, "cfg": {}}, "holds neither"),
        ({"model": {"a": torch.ones(1)}, "cfg": [1]}, "cfg must be a plain dict"),
        ({"a": torch.ones(1)}, "no BEATs weights"),
        ({"cfg": SMALL | {"activation_fn": "glu"}, "model": published_weights(SMALL)}, "activation_fn 'glu'"),
    ],
)
def test_what_is_no_beats_checkpoint_is_said(tmp_path: Path, content, said: str):
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(UserError, match=said):
        load_beats(tmp_path / "other.pt")


def test_a_cut_file_is_said(tmp_path: Path):
    path = tmp_path / "cut.pt"
    torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="can't be read"):
        load_beats(path)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("encoder_layers", 10**5, "says encoder_layers 100000, but holds [0-9]+ weights"),
        ("encoder_layers", 10**50, "encoder_layers must be a whole number .* not one of over 40 digits"),
        ("encoder_layers", "2", "encoder_layers must be a whole number from 1 to 1,000,000, not '2'"),
        ("encoder_layers", True, "encoder_layers must be a whole number"),
        ("encoder_attention_heads", 0, "encoder_attention_heads must be a whole number"),
        ("conv_pos_groups", 7, "there is no BEATs network of the sizes in its cfg"),
        ("num_buckets", 3, "num_buckets must be at least 4"),
        ("max_distance", 8, "less than four times max_distance: they are 32 and 8"),
        ("gru_rel_pos", 7, "gru_rel_pos must be true or false, not 7"),
        ("activation_fn", ["gelu"], "activation_fn must be a text"),
    ],
)
def test_a_cfg_that_no_network_can_be_built_with_is_refused(tmp_path: Path, key: str, value: object, said: str):
    torch.save({"cfg": SMALL | {key: value}, "model": published_weights(SMALL)}, tmp_path / "odd.pt")
    with pytest.raises(UserError, match=said):
        load_beats(tmp_path / "odd.pt")


@pytest.mark.parametrize(
    ("name", "tensor", "said"),
    [
        ("predictor.weight", torch.tensor(1.0), "has a head of no class"),
        ("predictor.weight", torch.ones(0, 24), "has a head of no class"),
        ("encoder.layer_norm.weight", torch.ones(0), r"encoder\.layer_norm\.weight has the shape \(0,\)"),
        ("encoder.pos_conv.0.weight_v", torch.ones(24), "no BEATs weights"),
        ("encoder.layers.999999999.fc1.bias", torch.ones(1), "says encoder_layers 1000000000|must be a whole number"),
        ("encoder.layers.x.fc1.bias", torch.ones(1), r"has besides encoder\.layers\.x\.fc1\.bias"),
        ("layer_norm.bias", torch.ones(20).to_sparse(), "holds neither"),
        ("layer_norm.bias", torch.ones(20, dtype=torch.complex64), "holds neither"),
    ],
)
def test_weights_of_odd_shapes_and_kinds_are_refused(tmp_path: Path, name: str, tensor: torch.Tensor, said: str):
    torch.save(published_weights(SMALL) | {name: tensor}, tmp_path / "odd.pt")
    with pytest.raises(UserError, match=said):
        load_beats(tmp_path / "odd.pt")
