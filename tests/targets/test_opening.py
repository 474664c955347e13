"""The target of a dissection: named after what it is made from, made once, and opened as it was foreseen."""

import json
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from dagster_and.dissection import Activations, Dissection, SoundBank
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.tables import TARGETS
from dagster_and.probing_sets.probe import list_files, probe
from dagster_and.targets.family import Foreseen
from dagster_and.targets.layers import dissected_layers
from dagster_and.targets.opening import checkpoint_of, fingerprint, foresee, identity, open_dissected, prepare, see_to

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
    see_to(asked, clips, home)
    assert checkpoint.stat().st_mtime_ns == before


@pytest.mark.parametrize("family", MADE)
def test_a_network_that_was_made_here_and_has_been_spoilt_is_made_again(
    clips: pl.DataFrame, tmp_path: Path, family: str
):
    asked, home = dissection(tmp_path, **MADE[family]), Home(tmp_path / "home")
    table = prepare(asked, clips, home)
    checkpoint = Path(table["checkpoint"][0])
    weights = checkpoint if checkpoint.is_file() else checkpoint / "model.safetensors"
    for spoil in (
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-9] + bytes([whole[-9] ^ 255]) + whole[-8:],
    ):
        weights.write_bytes(spoil(weights.read_bytes()))
        see_to(asked, clips, home)
        assert prepare(asked, clips, home).equals(table)
        assert Path(f"{checkpoint}.changed").exists()


@pytest.mark.parametrize("family", MADE)
def test_what_is_foreseen_is_what_is_dissected(clips: pl.DataFrame, tmp_path: Path, family: str):
    asked, home = dissection(tmp_path, **MADE[family]), Home(tmp_path / "home")
    foreseen = foresee(asked, clips.select("label", "fold"), home)
    opened = open_dissected(asked, prepare(asked, clips, home)["checkpoint"][0])
    assert replace(foreseen, what="") == replace(Foreseen.as_it_is(opened), name=asked.target.family, what="")
    assert foreseen.class_labels == ("rain", "siren")


@pytest.mark.parametrize("family", ["embedded_ast", "embedded_beats"])
def test_layers_that_the_file_names_are_foreseen_or_refused_as_the_network_would(
    clips: pl.DataFrame, tmp_path: Path, family: str
):
    home, heard = Home(tmp_path), clips.select("label", "fold")
    plain = dissection(tmp_path, **MADE[family])
    model = open_dissected(plain, prepare(plain, clips, home)["checkpoint"][0]).model
    all_of_them = [[name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]]
    for names in (all_of_them, [["nothing"]]):
        asked = plain.model_copy(update={"activations": Activations(layers=names)})
        try:
            expected: Any = dissected_layers(model, names)
        except UserError as error:
            expected = str(error)
        try:
            found: Any = foresee(asked, heard, home).layers
        except UserError as error:
            found = str(error)
        assert found == expected


def test_a_checkpoint_is_looked_at_once_and_again_when_it_has_changed(ast: str, tmp_path: Path):
    folder, home = tmp_path / "checkpoint", Home(tmp_path / "home")
    shutil.copytree(ast, folder)
    asked, heard = dissection(tmp_path, family="transformers", checkpoint=str(folder)), TWO.select("label", "fold")
    first = foresee(asked, heard, home)
    assert first == Foreseen.as_it_is(open_dissected(asked, str(folder), weights=False))
    (kept,) = (home.cache / "foreseen").iterdir()
    kept.write_text(kept.read_text().replace('"dog"', '"cat"'))
    assert foresee(asked, heard, home).class_labels == ("cat", "rain", "siren")  # read, not looked at
    kept.write_text("half of it")
    assert foresee(asked, heard, home) == first
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"dog"', '"owl"'))
    assert foresee(asked, heard, home).class_labels == ("owl", "rain", "siren")


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
