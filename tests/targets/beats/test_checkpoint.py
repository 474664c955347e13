"""Checkpoints: every published spelling is read, nothing is run, nothing is guessed."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from dagster_and.foundation.errors import UserError
from dagster_and.targets.beats.checkpoint import load_beats, save_beats
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
    model, _ = load_beats(tmp_path / "small.pt")
    save_beats(model, tmp_path / "again.pt", label_dict={0: "dog"})
    content = torch.load(tmp_path / "again.pt", weights_only=True)
    assert set(content["model"]) == set(published_weights(SMALL))
    assert torch.equal(logits(tmp_path / "again.pt"), expected)
    assert load_beats(tmp_path / "again.pt")[1] == {0: "dog"}


def test_without_weights_the_same_layers_are_there(tmp_path: Path):
    torch.save({"cfg": SMALL, "model": published_weights(SMALL)}, tmp_path / "small.pt")
    model, _ = load_beats(tmp_path / "small.pt", weights=False)
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
