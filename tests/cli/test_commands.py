"""``dissect list``, ``check``, ``run`` and ``sql``."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_and.cli import app
from dagster_and.foundation.cores import usable_cores
from dagster_and.foundation.home import REPOSITORY

Dissect = Callable[..., tuple[int, str, str]]
GOOD = """
probing: {layout: soundbank, clips_per_class: 5, window_s: 0.5}
captions: {captioner: dataset}
target: {family: embedded_ast, hidden_size: 16, blocks: 1, heads: 2, epochs: 1}
"""


def test_check_says_what_would_be_done(dissect: Dissect, home: Path):
    code, out, err = dissect("check", "ast-demo")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "probing: 240 files of 10 classes, 2 s heard of each",
        "captions: dataset",
        "target: a small AST, trained on 200 clips, 40 held out (fold 5), 2314 neurons in 13 layers, pooling cls",
        "compute: CPU, float32",
        f"engine: local, {usable_cores()} cores",
        "activations: pooling cls; top clips: K = 5",
        "describer: counting",
        "closed concepts: 10 concepts by minilm",
        "names: 10 of 10 concepts name a class of the target",
        "interpretability: 11 caption clusters, and 25 runs of K-means beside",
        "pruning: measured on 40 clips of fold 5",
    ]
    assert not home.exists()


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_name_that_is_not_there_is_answered_with_those_that_are(dissect: Dissect, command: str):
    code, _, err = dissect(command, "ast-dmo")
    assert code == 1
    assert "no dissection 'ast-dmo': write one of ast-demo, ast-esc10, ast-esc50" in err


def test_run_takes_names_and_says_where_to_put_a_file(dissect: Dissect, home: Path, tmp_path: Path):
    path = tmp_path / "own.yaml"
    path.write_text(GOOD)
    code, _, err = dissect("run", path)
    assert code == 1
    assert f"copy it to {home}/dissections/ and run it by its name" in err


def test_one_wrong_name_stops_all_before_any_work(dissect: Dissect, home: Path):
    assert dissect("run", "ast-demo", "nothing")[0] == 1
    assert not home.exists()


def test_list_shows_what_comes_along_yours_and_what_is_refused(dissect: Dissect, home: Path):
    (home / "dissections").mkdir(parents=True)
    (home / "dissections" / "mine.yaml").write_text(GOOD + "description: 'Mine [bold], in brackets'\n")
    (home / "dissections" / "broken.yaml").write_text(GOOD + "colour: '[red]'\n")
    code, out, _ = dissect("list")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()}
    networks = ("ast-{}", "beats-{}-finetuned", "beats-{}-frozen", "planted-{}")
    come_along = {network.format(sounds) for network in networks for sounds in ("demo", "esc10")} | {"ast-esc50"}
    assert lines.keys() == {*come_along, "mine", "broken"}
    assert "Mine [bold], in brackets" in lines["mine"]
    assert "refused: " in lines["broken"]
    assert "unknown key colour" in lines["broken"]


def test_paths_with_brackets_are_said_as_they_are(dissect: Dissect, tmp_path: Path):
    folder = tmp_path / "[bold]"
    folder.mkdir()
    code, _, err = dissect("check", folder / "none.yaml")
    assert code == 1
    assert "/[bold]/none.yaml can't be read" in err


def test_sql_without_a_warehouse_says_how_to_make_one(dissect: Dissect):
    code, _, err = dissect("sql", "select 1")
    assert code == 1
    assert "There is no warehouse" in err
    assert "dissect run ast-demo" in err


def test_sql_answers_one_query_and_never_writes(home: Path):
    import duckdb

    home.mkdir()
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("create table dim_neurons as select 7 as neuron_id")
    command = [sys.executable, "-c", "from dagster_and.cli import app; app()", "sql"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    for query, code in (("from dim_neurons", 0), ("drop table dim_neurons", 1), ("from nothing", 1)):
        done = subprocess.run([*command, query], capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == code, done.stderr
        assert ("7" in done.stdout) == (code == 0)


def test_a_stack_trace_is_shown_where_it_is_asked_for(home: Path):
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", "from dagster_and.cli import app; app()", "check", "none"]
    for flags, shown in (([], False), (["--traceback"], True)):
        done = subprocess.run([*command, *flags], capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 1
        assert ("Traceback" in done.stderr) == shown
        assert "There is no dissection 'none'" in done.stderr


def test_a_home_that_cannot_be_written_is_refused(dissect: Dissect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AND_HOME", str(tmp_path / "file" / "home"))
    code, _, err = dissect("run", "ast-demo")
    assert code == 1
    assert "Nothing can be written under" in err
    assert "set AND_HOME" in err


def test_every_command_is_explained(dissect: Dissect):
    _, out, _ = dissect("--help")
    commands = [command.name for command in app.registered_commands]
    assert set(commands) >= {"list", "check", "run", "sql", "ui"}
    for command in commands:
        assert command in out
        code, text, _ = dissect(command, "--help")
        assert code == 0
        assert "Example" in text
