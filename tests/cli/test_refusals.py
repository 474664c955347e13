"""What is wrong with a dissection is refused before any work, in one sentence, with exit code 1."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from deploy.parts import free_ports

Dissect = Callable[..., tuple[int, str, str]]
LAYER = "audio_spectrogram_transformer.layers.0.mlp.fc3"
GOOD = """
probing: {layout: soundbank, clips_per_class: 5, window_s: 0.5}
captions: {captioner: dataset}
target: {family: embedded_ast, hidden_size: 16, blocks: 1, heads: 2, epochs: 1}
"""


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    return path


def sounds(folder: Path, count: int = 5) -> Path:
    for i in range(count):
        path = folder / "dog" / f"{i}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(i).normal(0, 0.1, 8000), 16000)
    return folder


def folder_probing(path: object) -> str:
    text = GOOD.replace("layout: soundbank, clips_per_class: 5, window_s: 0.5", f"layout: folder, path: '{path}'")
    return text.replace("captioner: dataset", "captioner: annotations")


ENCODERS = {
    "a text encoder": ("closed_concepts.text_encoder", "", "minilm"),
    "a CLIP": ("closed_concepts.text_encoder", "clip:", "minilm"),
    "a CLAP": ("closed_concepts.text_audio_encoder", "clap:", "ridge"),
    "a sentence encoder": ("interpretability.sentence_encoder", "", "minilm"),
}
"""By what they are: where they are named, what stands before their folder, and what can be written instead."""


def no_folder(setting: str, prefix: str) -> Callable[[Path], str]:
    section, key = setting.split(".")
    return lambda path: GOOD + f"{section}: {{{key}: '{prefix}{path}/none'}}\n"


REFUSALS: dict[str, tuple[Callable[[Path], str], str]] = {
    "unknown key": (lambda _: GOOD + "colour: red\n", "unknown key colour; write one of name, "),
    "missing folder": (lambda p: folder_probing(p / "none"), "there is no folder .*none: write an existing one"),
    "variable not set": (lambda _: folder_probing("$AND_NOWHERE/x"), "AND_NOWHERE is not set: .*`export AND_NOWHERE="),
    "no sounds": (lambda p: folder_probing(p), "holds no class folder with a wav"),
    "K larger than the clips": (
        lambda _: GOOD + "top_clips: {k: 51}\n",
        "k is 51, .* only 50 clips: write .* at most 50",
    ),
    "concept file empty": (
        lambda _: GOOD + "closed_concepts: {concepts: empty.txt}\n",
        "empty.txt is empty: write one",
    ),
    "concept file missing": (lambda _: GOOD + "closed_concepts: {concepts: none.txt}\n", "can't be read as text"),
    "no such text encoder": (lambda p: GOOD + f"closed_concepts: {{text_encoder: '{p}'}}\n", "can't be found .*write"),
    **{
        f"no folder of {what}": (no_folder(setting, prefix), f"{setting} .*there is no such folder.*: write {instead}")
        for what, (setting, prefix, instead) in ENCODERS.items()
    },
    "no captions in the dataset": (
        lambda p: folder_probing(sounds(p / "set" / "fold1")).replace("annotations", "dataset"),
        "captions.captioner is dataset, but the probing set brings no captions along: write annotations",
    ),
    "window too short": (lambda _: GOOD.replace("window_s: 0.5", "window_s: 1.0e-9"), "window_s: .* equal to 0.5"),
    "strategy twice": (lambda _: GOOD + "pruning: {strategies: [OCP, OCP]}\n", "'OCP' stands there twice"),
    "path too long": (lambda p: folder_probing(p / ("x" * 300)), "name too long"),
    "caption file missing": (
        lambda _: GOOD.replace("captioner: dataset", "captioner: file, path: none.json"),
        "none.json can't be used",
    ),
    "unknown layer": (lambda _: GOOD + f"activations: {{layers: [[{LAYER}]]}}\n", "no layer .*; did you mean"),
    "held-out fold missing": (
        lambda _: GOOD.replace("epochs: 1", "held_out_fold: 9"),
        "held_out_fold is 9, but .* its folds are",
    ),
    "no folds to train on": (
        lambda p: folder_probing(sounds(p / "set")),
        "it has none .put the class folders into fold1",
    ),
    "checkpoint missing": (
        lambda _: re.sub("target: .*", "target: {family: transformers, checkpoint: /no/such}", GOOD),
        "neither a folder nor",
    ),
    "not YAML": (lambda _: "probing: [", "is not YAML"),
}


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.parametrize("command", ["check", "run"])
def test_what_is_wrong_is_refused_in_one_sentence_before_anything_is_written(
    case: str, command: str, dissect: Dissect, home: Path, tmp_path: Path
):
    make, message = REFUSALS[case]
    (tmp_path / "empty.txt").touch()
    path = own(tmp_path, make(tmp_path))
    if command == "run":  # it takes names only, so the file goes where a user's own ones lie
        (home / "dissections").mkdir(parents=True)
        (home / "dissections" / "empty.txt").touch()
        path = path.rename(home / "dissections" / path.name)
    code, out, err = dissect(command, path if command == "check" else "own")
    assert (code, out) == (1, "")
    assert re.search(message, err), err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert [p.name for p in home.iterdir()] == ["dissections"] if command == "run" else not home.exists()


def test_cls_pooling_is_refused_for_a_network_without_a_cls_token(dissect: Dissect, tmp_path: Path):
    from transformers import AutoModelForAudioClassification, Wav2Vec2Config, Wav2Vec2FeatureExtractor

    config = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, conv_dim=(8,),
        conv_stride=(5,), conv_kernel=(10,), num_feat_extract_layers=1, num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    AutoModelForAudioClassification.from_config(config).save_pretrained(tmp_path / "net")
    Wav2Vec2FeatureExtractor().save_pretrained(tmp_path / "net")
    target = f"target: {{family: transformers, checkpoint: {tmp_path}/net}}"
    text = re.sub("target: .*", target, GOOD)
    assert dissect("check", own(tmp_path, text))[0] == 0
    code, _, err = dissect("check", own(tmp_path, text + "activations: {pooling: cls}\n"))
    assert code == 1
    assert "has no CLS token: write mean or max" in err


@pytest.mark.parametrize("command", ["check", "run", "ui"])
def test_a_database_that_is_not_there_is_said_before_any_work(
    dissect: Dissect, home: Path, monkeypatch: pytest.MonkeyPatch, command: str
):
    (port,) = free_ports(1)
    monkeypatch.setenv("AND_POSTGRES", f"postgresql://ada:s3cret@127.0.0.1:{port}/runs")
    code, out, err = dissect(command, *([] if command == "ui" else ["planted-demo"]))
    assert code == 1
    assert re.fullmatch(rf"error: PostgreSQL at 127\.0\.0\.1:{port}/runs can't be used \(.*refused.*\): .*\.\n", err)
    assert "s3cret" not in out + err
    assert not (home / "lake").exists()
