"""Training of the embedded target: seeded, judged on what it never heard, saved whole or not at all."""

import json
from pathlib import Path

import polars as pl
import pytest
import torch

from dagster_and.dissection import EmbeddedAst, SoundBank
from dagster_and.probing_sets.probe import list_files, probe
from dagster_and.targets.target import weights_sha256
from dagster_and.targets.training import ast as training
from dagster_and.targets.training.ast import train
from dagster_and.targets.transformers.opening import open_transformers

TINY = EmbeddedAst(family="embedded_ast", epochs=2, hidden_size=16, blocks=1, heads=2)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Three classes of the sound bank, five folds."""
    section = SoundBank(layout="soundbank", clips_per_class=5, window_s=0.5)
    table, _ = probe(list_files(section, tmp_path_factory.mktemp("bank")), 0.5)
    return table.filter(pl.col("label").is_in(["rain", "siren", "clock_tick"]))


def test_equal_seeds_give_equal_weights_and_other_seeds_others(clips: pl.DataFrame, tmp_path: Path):
    state = torch.random.get_rng_state()
    digests = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        section = TINY.model_copy(update={"seed": seed})
        train(clips, section, 0.5, tmp_path / "cache", tmp_path / name)
        digests.append(weights_sha256(open_transformers(str(tmp_path / name)).model))
    assert digests[0] == digests[1] != digests[2]
    assert torch.equal(torch.random.get_rng_state(), state)  # whoever calls it keeps a random stream of its own


def test_it_learns_and_says_how_well(clips: pl.DataFrame, tmp_path: Path):
    section = TINY.model_copy(update={"epochs": 20, "hidden_size": 32})
    report = train(clips, section, 0.5, tmp_path / "cache", tmp_path / "ast")
    assert report.keys() == {"held_out_clips", "held_out_accuracy", "chance_accuracy", "training_accuracy"}
    assert (report["held_out_clips"], report["chance_accuracy"]) == (3, pytest.approx(1 / 3))
    assert report["training_accuracy"] > 0.6  # chance is a third
    opened = open_transformers(str(tmp_path / "ast"))
    assert opened.class_labels == ("clock_tick", "rain", "siren")
    assert opened.frontend.mean != 0


def test_the_reported_accuracy_is_that_of_the_saved_network(clips: pl.DataFrame, tmp_path: Path):
    from dagster_and.targets.hearing.feature_cache import FeatureCache

    report = train(clips, TINY, 0.5, tmp_path / "cache", tmp_path / "ast")
    target = open_transformers(str(tmp_path / "ast"))
    held_out = clips.filter(pl.col("fold") == 5)
    features = FeatureCache(tmp_path / "cache", target.frontend, 0.5)
    hits = 0
    for label, clip in zip(held_out["label"], features.batches(held_out, 1), strict=True):
        with torch.inference_mode():
            logits = target.model(**target.frontend.inputs(clip).arguments).logits
        hits += target.class_labels[int(logits.argmax())] == label
    assert report["held_out_accuracy"] == pytest.approx(hits / 3)


def test_what_is_there_is_not_trained_again(clips: pl.DataFrame, tmp_path: Path):
    (tmp_path / "ast").mkdir()
    (tmp_path / "ast" / training.REPORT).write_text(json.dumps({"held_out_accuracy": 0.5}))
    assert train(clips, TINY, 0.5, tmp_path / "cache", tmp_path / "ast") == {"held_out_accuracy": 0.5}


def test_a_failure_while_saving_leaves_no_checkpoint(clips: pl.DataFrame, tmp_path: Path, monkeypatch):
    class FullDiskError(Exception):
        pass

    def fail(*_args, **_kwargs):
        raise FullDiskError

    with monkeypatch.context() as patch:
        patch.setattr("transformers.ASTFeatureExtractor.save_pretrained", fail)
        with pytest.raises(FullDiskError):
            train(clips, TINY, 0.5, tmp_path / "cache", tmp_path / "ast")
    assert list(tmp_path.iterdir()) == [tmp_path / "cache"]
    train(clips, TINY, 0.5, tmp_path / "cache", tmp_path / "ast")
    open_transformers(str(tmp_path / "ast"))


def test_a_checkpoint_of_which_half_was_deleted_is_made_anew(clips: pl.DataFrame, tmp_path: Path):
    (tmp_path / "ast").mkdir()
    (tmp_path / "ast" / "config.json").write_text("{")
    train(clips, TINY, 0.5, tmp_path / "cache", tmp_path / "ast")
    open_transformers(str(tmp_path / "ast"))


def test_a_class_that_training_never_saw_is_not_judged(clips: pl.DataFrame, tmp_path: Path):
    unseen = clips.filter((pl.col("label") != "rain") | (pl.col("fold") == 5))
    assert train(unseen, TINY, 0.5, tmp_path / "cache", tmp_path / "ast")["held_out_clips"] == 2
