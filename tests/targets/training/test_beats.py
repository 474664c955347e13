"""The embedded BEATs: one backbone for both trainings, a frozen one left as it was, and figures beside chance."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from dagster_and.audio.reading import file_sha256
from dagster_and.dissection import EmbeddedBeats
from dagster_and.targets.beats.checkpoint import load_beats
from dagster_and.targets.training.beats import train
from dagster_and.targets.training.pretraining import Tokenizer, patches_of

SETTINGS = {
    "family": "embedded_beats", "held_out_fold": 2, "epochs": 12, "hidden_size": 32, "blocks": 1, "heads": 2,
    "pretraining_epochs": 12, "codes": 8,
}  # fmt: skip
WINDOW_S = 0.4


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Low and high tones in two folds, some of them shorter than the window."""
    folder, rows = tmp_path_factory.mktemp("tones"), []
    random = np.random.default_rng(0)
    for i in range(24):
        label, fold = ("low", "high")[i % 2], 1 + (i >= 16)
        time_s = np.arange(int((0.4 if i % 3 else 0.3) * 16_000)) / 16_000
        tone = np.sin(2 * np.pi * (300 if label == "low" else 3000) * random.uniform(0.8, 1.2) * time_s)
        path = folder / f"{i}.wav"
        soundfile.write(path, 0.3 * tone + 0.01 * random.normal(size=len(tone)), 16_000)
        rows.append({"path": str(path), "sha256": file_sha256(path), "label": label, "fold": fold})
    return pl.DataFrame(rows)


def section(training: str, **settings) -> EmbeddedBeats:
    return EmbeddedBeats(**SETTINGS | {"training": training} | settings)


@pytest.fixture(scope="module")
def home(clips: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    for training in ("frozen", "finetuned"):
        train(clips, section(training), WINDOW_S, home / "cache", home / f"{training}.pt")
    return home


def test_both_start_from_one_backbone_and_only_one_changes_it(home: Path):
    (backbone,) = home.glob("beats-backbone-*.pt")
    body = load_beats(backbone)[0].state_dict()
    frozen, finetuned = (load_beats(home / f"{t}.pt")[0].state_dict() for t in ("frozen", "finetuned"))
    assert all(torch.equal(frozen[name], tensor) for name, tensor in body.items())
    assert not torch.equal(finetuned["encoder.layers.0.fc1.weight"], body["encoder.layers.0.fc1.weight"])


@pytest.mark.parametrize("training", ["frozen", "finetuned"])
def test_what_was_learned_stands_beside_chance(home: Path, clips: pl.DataFrame, training: str):
    """Two tones are easy: the head gets most right, and hidden tokens are predicted better than by the commonest."""
    report = train(clips, section(training), WINDOW_S, home / "cache", home / f"{training}.pt")
    assert report["held_out_clips"] == 8
    assert report["chance_accuracy"] == 0.5
    assert report["held_out_accuracy"] >= 0.75
    assert report["pretraining_accuracy"] > report["pretraining_chance_accuracy"]


def test_equal_seeds_give_equal_weights(home: Path, clips: pl.DataFrame, tmp_path: Path):
    train(clips, section("finetuned"), WINDOW_S, home / "cache", tmp_path / "again.pt")
    one, two = (load_beats(path)[0].state_dict() for path in (home / "finetuned.pt", tmp_path / "again.pt"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_labels_stand_in_the_checkpoint(home: Path):
    assert load_beats(home / "frozen.pt")[1] == {0: "high", 1: "low"}


def test_patches_are_those_of_the_convolution():
    """The k-th patch is the k-th token of the network: time first, then bands."""
    features = torch.arange(32 * 128, dtype=torch.float32).reshape(1, 32, 128)
    patches = patches_of(features)
    assert patches.shape == (1, 16, 256)
    assert torch.equal(patches[0, 9].reshape(16, 16), features[0, 16:32, 16:32])


def test_tokens_are_the_nearest_codes_of_projections():
    features = torch.randn(3, 32, 128, generator=torch.Generator().manual_seed(0))
    tokenizer = Tokenizer(features, section("frozen"))
    patch = patches_of(features)[1, 5]
    projected = (patch - tokenizer._mean) / tokenizer._scale @ tokenizer._projection
    nearest = max(range(8), key=lambda code: float(torch.cosine_similarity(projected, tokenizer._codes[code], dim=0)))
    assert tokenizer(features)[1, 5] == nearest
