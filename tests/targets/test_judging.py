"""A network that came trained is judged on its held-out fold, among the classes that sound in the probing set."""

from pathlib import Path

import polars as pl
import pytest
import torch

from dagster_and.dissection import SoundBank
from dagster_and.probing_sets.probe import list_files, probe
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.judging import judged
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.opening import open_transformers


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Three classes of the sound bank, two of which the network knows."""
    section = SoundBank(layout="soundbank", clips_per_class=5, window_s=0.5)
    table, _ = probe(list_files(section, tmp_path_factory.mktemp("bank")), 0.5)
    return table.filter(pl.col("label").is_in(["rain", "siren", "clock_tick"]))


def always(ast: str, **logits: float) -> Target:
    """The tiny AST (dog, rain, siren) with a head that hears nothing."""
    target = open_transformers(ast)
    head = target.model.get_submodule(target.layers[-1].name)
    with torch.no_grad():
        head.weight.zero_()
        head.bias.copy_(torch.tensor([logits.get(label, 0.0) for label in target.class_labels]))
    return target


def facts(target: Target, clips: pl.DataFrame, folder: Path, fold: int = 5) -> dict[str, object]:
    return judged(target, clips, fold, FeatureCache(folder, target.frontend, 0.5))


def test_always_one_answer_is_right_as_often_as_chance(ast: str, clips: pl.DataFrame, tmp_path: Path):
    known = clips.filter((pl.col("fold") == 5) & pl.col("label").is_in(["rain", "siren"]))
    said = facts(always(ast, rain=1.0), clips, tmp_path)
    assert said["held_out_clips"] == known.height == 2
    assert said["held_out_accuracy"] == said["chance_accuracy"] == pytest.approx(0.5)


def test_a_class_that_no_clip_is_of_is_no_wrong_answer(ast: str, clips: pl.DataFrame, tmp_path: Path):
    assert facts(always(ast, dog=9.0, rain=1.0), clips, tmp_path) == facts(always(ast, rain=1.0), clips, tmp_path)


def test_a_head_that_knows_no_class_of_the_fold_is_judged_on_no_clip(ast: str, clips: pl.DataFrame, tmp_path: Path):
    unknown = clips.filter(pl.col("label") == "clock_tick")
    assert facts(always(ast), unknown, tmp_path) == {"held_out_clips": 0}


def test_a_given_checkpoint_is_judged_when_its_fold_is_known_and_else_is_not(ast: str, clips, tmp_path: Path):
    from dagster_and.dissection import Dissection
    from dagster_and.foundation.home import Home
    from dagster_and.targets.opening import prepare

    sections = {"probing": {"layout": "soundbank", "window_s": 0.5}, "captions": {"captioner": "dataset"}}
    for fold, judged_clips in ((5, 2), (None, None)):
        target = {"family": "transformers", "checkpoint": ast, "held_out_fold": fold}
        asked = Dissection.model_validate({"name": "x", **sections, "target": target, "folder": tmp_path})
        row = prepare(asked, clips, Home(tmp_path)).row(0, named=True)
        assert row["held_out_clips"] == judged_clips
        assert (row["held_out_accuracy"] is None) == (fold is None)
