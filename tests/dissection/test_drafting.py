"""A first draft is a dissection file that is taken; what it can't know is asked for."""

from pathlib import Path

import pytest

from dagster_and.dissection import Wanted, draft, load_text, text_of
from dagster_and.foundation.errors import UserError


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    (tmp_path / "sounds" / "dog").mkdir(parents=True)
    return tmp_path / "sounds"


@pytest.mark.parametrize(
    ("network", "more", "target"),
    [
        ("ast", {}, {"family": "embedded_ast"}),
        ("beats", {"held_out_fold": 3}, {"family": "embedded_beats", "training": "finetuned", "held_out_fold": 3}),
        ("planted", {}, {"family": "planted"}),
        ("owner/name", {}, {"family": "transformers", "checkpoint": "owner/name"}),
        ("package.module:make", {"layers": ("a", "b"), "sample_rate_hz": 16000, "class_labels": ("dog",)},
         {"family": "module", "factory": "package.module:make", "sample_rate_hz": 16000, "layers": [["a"], ["b"]],
          "class_labels": ["dog"]}),
    ],
)  # fmt: skip
def test_a_network_is_known_by_how_it_is_named(sounds: Path, network: str, more: dict, target: dict):
    settings = draft(Wanted(str(sounds), network, **more))
    assert settings["target"] == target
    assert load_text(text_of(settings), sounds / "mine.yaml").name == "mine"


def test_a_checkpoint_on_this_machine_is_a_folder_or_a_file(sounds: Path, tmp_path: Path, monkeypatch):
    (tmp_path / "net").mkdir()
    (tmp_path / "beats.pt").touch()
    monkeypatch.chdir(tmp_path)
    for network, family in (("./net", "transformers"), ("net", "transformers"), ("beats.pt", "beats")):
        target = draft(Wanted(str(sounds), network))["target"]
        assert (target["family"], Path(target["checkpoint"])) == (family, (tmp_path / network).absolute())


@pytest.mark.parametrize(
    ("mark", "layout"),
    [("meta/esc50.csv", "esc50"), ("metadata/UrbanSound8K.csv", "urbansound8k"), ("genres_original/x", "gtzan"),
     ("cat/1.wav", "folder")],
)  # fmt: skip
def test_a_layout_is_seen(sounds: Path, mark: str, layout: str):
    (sounds / mark).parent.mkdir(parents=True, exist_ok=True)
    (sounds / mark).touch()
    settings = draft(Wanted(str(sounds), "planted"))
    assert settings["probing"] == {"layout": layout, "path": str(sounds)}
    assert settings["captions"] == {"captioner": "annotations"}


@pytest.mark.parametrize(
    ("network", "inside", "folds"), [("ast", "", 5), ("beats", "", 5), ("ast", "Fold 1", None), ("planted", "", None)]
)
def test_a_network_trained_here_has_folds_to_be_judged_on(sounds: Path, network: str, inside: str, folds: int | None):
    (sounds / inside / "cat").mkdir(parents=True)
    assert draft(Wanted(str(sounds), network))["probing"].get("folds") == folds


def test_the_sound_bank_brings_its_captions():
    settings = draft(Wanted("soundbank", "ast", window_s=1.0))
    assert settings["probing"] == {"layout": "soundbank", "window_s": 1.0}
    assert settings["captions"] == {"captioner": "dataset"}


def test_an_llm_describes_where_a_server_and_a_model_are_named():
    wanted = Wanted("soundbank", "ast", llm="http://127.0.0.1:1/v1", model="m", max_calls=7)
    assert draft(wanted)["describer"] == {
        "kind": "llm", "base_url": "http://127.0.0.1:1/v1", "model": "m", "max_calls": 7
    }  # fmt: skip
    with pytest.raises(UserError, match="write both --llm URL and --model NAME"):
        draft(Wanted("soundbank", "ast", llm="http://127.0.0.1:1/v1"))


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [(Wanted("/no/such", "ast"), "no folder /no/such: write --sounds"),
     (Wanted("soundbank", "nothing"), "no network 'nothing': write ast, "),
     (Wanted("soundbank", "./my.py:make"), "one --layer a block, and --sample-rate"),
     (Wanted("soundbank", "/no/such/folder"), "no network '/no/such/folder'")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(wanted: Wanted, sentence: str):
    with pytest.raises(UserError, match=sentence):
        draft(wanted)


def test_a_layout_with_settings_of_its_own_is_left_to_its_owner(sounds: Path):
    with pytest.raises(UserError, match=r"by hand, as docs/probing\.md shows"):
        draft(Wanted(str(sounds), "ast", layout="csv"))
