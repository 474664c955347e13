"""The target of a dissection: named after what it is made from, made once, and opened as it was foreseen."""

import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dagster_and.dissection import Dissection, SoundBank
from dagster_and.foundation.home import Home
from dagster_and.lake.tables import TARGETS
from dagster_and.probing_sets.probe import list_files, probe
from dagster_and.targets.opening import checkpoint_of, fingerprint, foresee, identity, open_dissected, prepare

SMALL = {"epochs": 1, "hidden_size": 16, "blocks": 1, "heads": 2}
MADE: dict[str, dict[str, Any]] = {
    "embedded_ast": {"family": "embedded_ast", **SMALL},
    "embedded_beats": {"family": "embedded_beats", "training": "frozen", "pretraining_epochs": 1, "codes": 4, **SMALL},
    "planted": {"family": "planted"},
}
TWO = pl.DataFrame(
    {"sha256": ["a" * 64, "b" * 64], "label": ["dog", "rain"], "fold": [1, None]},
    schema={"sha256": pl.String, "label": pl.String, "fold": pl.Int32},
)


def dissection(folder: Path, **target: Any) -> Dissection:
    sections = {"probing": {"layout": "soundbank", "window_s": 0.5}, "captions": {"captioner": "dataset"}}
    return Dissection.model_validate({"name": "x", **sections, "target": target, "folder": folder})


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Two classes of the sound bank, five folds."""
    section = SoundBank(layout="soundbank", clips_per_class=5, window_s=0.5)
    table, _ = probe(list_files(section, tmp_path_factory.mktemp("bank")), 0.5)
    return table.filter(pl.col("label").is_in(["rain", "siren"]))


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ({"family": "embedded_ast"}, "embedded_ast-3e755adeb185"),
        ({"family": "embedded_ast", "epochs": 3, "training_folds": [1, 2]}, "embedded_ast-39cc32ddc468"),
        ({"family": "embedded_beats", "training": "frozen"}, "embedded_beats-frozen-2862fec396d7.pt"),
        ({"family": "embedded_beats", "training": "finetuned"}, "embedded_beats-finetuned-e10e9eb3c797.pt"),
        ({"family": "planted"}, "planted-23b440d5dfb1"),
    ],
)
def test_a_checkpoint_that_was_made_before_still_has_its_name(tmp_path: Path, target: dict[str, Any], name: str):
    """Another name would train it all over again. It changes with a version or a setting's default, and never else."""
    asked = dissection(tmp_path, **target)
    assert checkpoint_of(asked, TWO, Home(tmp_path)) == str(tmp_path / "checkpoints" / name)
    assert fingerprint(asked, checkpoint_of(asked, TWO, Home(tmp_path))) == ""


@pytest.mark.parametrize(
    ("target", "checkpoint"),
    [
        ({"family": "transformers", "checkpoint": "owner/name"}, "owner/name"),
        ({"family": "beats", "checkpoint": "w.pt"}, "{folder}/w.pt"),
        ({"family": "module", "factory": "my/net.py:make"}, "{folder}/my/net.py:make"),
        ({"family": "module", "factory": "my.net:make"}, "my.net:make"),
    ],
)
def test_a_checkpoint_that_is_given_is_where_the_file_says(tmp_path: Path, target: dict[str, Any], checkpoint: str):
    more = {"sample_rate_hz": 16_000, "layers": [["a"]]} if target["family"] == "module" else {}
    asked = dissection(tmp_path, **target, **more)
    assert checkpoint_of(asked, TWO, Home(tmp_path)) == checkpoint.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("target", "files"),
    [
        ({"family": "transformers", "checkpoint": "{folder}"}, ["model.safetensors", "config.json"]),
        (
            {"family": "transformers", "checkpoint": "{folder}", "class_labels": "classes.txt"},
            ["model.safetensors", "config.json", "classes.txt"],
        ),
        ({"family": "beats", "checkpoint": "w.pt", "class_labels": "classes.txt"}, ["w.pt", "classes.txt"]),
        ({"family": "module", "factory": "net.py:make", "class_labels": "classes.txt"}, ["net.py", "classes.txt"]),
    ],
)
def test_changed_weights_classes_and_code_are_seen_and_a_readme_is_not(tmp_path: Path, target, files: list[str]):
    more = {"sample_rate_hz": 16_000, "layers": [["a"]]} if target["family"] == "module" else {}
    place = {key: value.format(folder=tmp_path) for key, value in target.items()}
    asked = dissection(tmp_path, **place, **more)
    checkpoint = checkpoint_of(asked, TWO, Home(tmp_path))
    seen = [fingerprint(asked, checkpoint)]
    for file, text in product(files, ("one", "other")):
        (tmp_path / file).write_text(text)
        seen.append(fingerprint(asked, checkpoint))
    assert len(set(seen)) == len(seen)
    (tmp_path / "README.md").write_text("words")
    assert fingerprint(asked, checkpoint) == seen[-1]


@pytest.mark.parametrize("family", MADE)
def test_a_network_is_made_once_and_its_facts_are_a_row_of_targets(clips: pl.DataFrame, tmp_path: Path, family: str):
    asked, home = dissection(tmp_path, **MADE[family]), Home(tmp_path / "home")
    table = prepare(asked, clips, home)
    assert table.schema == TARGETS.frame_schema
    facts = table.row(0, named=True)
    checkpoint = Path(facts["checkpoint"])
    assert (facts["family"], checkpoint.parent, facts["classes"]) == (family, home.checkpoints, 2)
    assert (facts["held_out_accuracy"] is None) == (family == "planted")
    before = checkpoint.stat().st_mtime_ns
    assert prepare(asked, clips, home).equals(table)
    assert checkpoint.stat().st_mtime_ns == before


@pytest.mark.parametrize("family", MADE)
def test_what_is_foreseen_is_what_is_dissected(clips: pl.DataFrame, tmp_path: Path, family: str):
    asked, home = dissection(tmp_path, **MADE[family]), Home(tmp_path / "home")
    foreseen = foresee(asked, clips.select("label", "fold")).target
    opened = open_dissected(asked, prepare(asked, clips, home)["checkpoint"][0])
    assert foreseen.layers == opened.layers
    assert foreseen.class_labels == opened.class_labels == ("rain", "siren")
    assert foreseen.frontend.key == opened.frontend.key


def test_the_same_weights_with_other_heads_are_another_target(ast: str, tmp_path: Path):
    changed = tmp_path / "changed"
    shutil.copytree(ast, changed)
    config = json.loads((changed / "config.json").read_text()) | {"num_attention_heads": 4}
    (changed / "config.json").write_text(json.dumps(config))
    shutil.copytree(ast, tmp_path / "copy")

    def known_as(folder: str | Path) -> str:
        return identity(dissection(tmp_path, family="transformers", checkpoint="./network"), str(folder))

    assert known_as(ast) != known_as(changed)
    assert known_as(ast) != known_as(tmp_path / "copy")  # of another name
