"""Training of the embedded target: seeded, judged on what it never heard, saved whole or not at all."""

import json
from pathlib import Path

import polars as pl
import pytest
import torch

from dagster_and.audio.reading import read_waveform
from dagster_and.dissection import EmbeddedAst, SoundBank
from dagster_and.probing_sets.probe import list_files, probe
from dagster_and.targets.target import weights_sha256
from dagster_and.targets.training import ast as training
from dagster_and.targets.training import choosing
from dagster_and.targets.training.ast import frames_heard, train
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
    judged = {"held_out_clips", "held_out_accuracy", "chance_accuracy", "training_accuracy"}
    assert report.keys() == judged | {"augmentation", "trial_accuracies", "epochs", "accuracies_by_epochs"}
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


def test_the_augmentation_that_did_best_in_trials_is_the_one_trained_with(
    clips: pl.DataFrame, tmp_path: Path, monkeypatch
):
    """Named outright it gives the very same network: trials leave no trace in it."""
    monkeypatch.setattr(choosing, "FEWEST_JUDGED", 3)
    tried = train(clips, TINY, 0.5, tmp_path / "cache", tmp_path / "auto")
    accuracies = tried["trial_accuracies"]
    assert list(accuracies) == ["none", "light", "strong"]
    assert accuracies[tried["augmentation"]] == max(accuracies.values())
    named = TINY.model_copy(update={"augmentation": tried["augmentation"]})
    assert train(clips, named, 0.5, tmp_path / "cache", tmp_path / "named")["trial_accuracies"] == {}
    auto, again = (open_transformers(str(tmp_path / name)).model for name in ("auto", "named"))
    assert weights_sha256(auto) == weights_sha256(again)


def test_the_held_out_fold_has_no_say_in_the_choice_nor_in_the_weights(
    clips: pl.DataFrame, tmp_path: Path, monkeypatch
):
    """Its labels are turned round: what is trained is the same, and only its accuracy is another."""
    monkeypatch.setattr(choosing, "FEWEST_JUDGED", 3)
    turned = {"rain": "siren", "siren": "clock_tick", "clock_tick": "rain"}
    held_out = pl.col("fold") == 5
    other = clips.with_columns(label=pl.when(held_out).then(pl.col("label").replace(turned)).otherwise("label"))
    reports = [
        train(table, TINY, 0.5, tmp_path / "cache", tmp_path / name) for name, table in (("a", clips), ("b", other))
    ]
    assert reports[0]["trial_accuracies"] == reports[1]["trial_accuracies"] != {}
    a, b = (open_transformers(str(tmp_path / name)).model for name in ("a", "b"))
    assert weights_sha256(a) == weights_sha256(b)


@pytest.mark.parametrize(
    ("longest_s", "window_s", "frames"),
    [(0.5, 5.0, 64), (0.5, 0.5, 50), (9.0, 2.0, 200), (0.01, 5.0, 32), (1.99, 2.0, 200)],
)
def test_a_window_that_no_clip_fills_is_cut_to_the_longest_clip(longest_s: float, window_s: float, frames: int):
    """In whole patches of 16 frames of 10 ms, two at least."""
    assert frames_heard(pl.DataFrame({"duration_s": [0.01, longest_s]}), window_s) == frames


def test_a_long_window_changes_nothing_for_short_clips(clips: pl.DataFrame, tmp_path: Path):
    reports = [train(clips, TINY, window_s, tmp_path / "cache", tmp_path / f"{window_s}") for window_s in (1.0, 9.0)]
    assert reports[0] == reports[1]
    a, b = (open_transformers(str(tmp_path / f"{window_s}")) for window_s in (1.0, 9.0))
    assert weights_sha256(a.model) == weights_sha256(b.model)


def test_sounds_are_normalised_by_what_is_heard_and_not_by_padding(clips: pl.DataFrame, tmp_path: Path):
    train(clips, TINY, 0.5, tmp_path / "cache", tmp_path / "ast")
    frontend = open_transformers(str(tmp_path / "ast")).frontend
    heard = [read_waveform(path, 16_000, 0.5) for path in clips.filter(pl.col("fold") != 5)["path"]]
    frames = torch.cat([frontend.features(torch.from_numpy(waveform)) for waveform in heard])
    assert frontend.mean == pytest.approx(float(frames.mean()), rel=1e-4)
    assert frontend.scale == pytest.approx(2 * float(frames.std()), rel=1e-4)


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
