"""``dissect new``."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from dagster_and.cli import app

Dissect = Callable[..., tuple[int, str, str]]
PLANTED = ("--sounds", "soundbank", "--network", "planted")


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch, home: Path) -> Callable[..., str]:
    """Somebody sits at the terminal."""

    def run(*arguments: str, answers: str) -> str:
        with monkeypatch.context() as patch:
            patch.setattr("dagster_and.cli.drafting._is_there", lambda: True)
            return CliRunner().invoke(app, list(arguments), input=answers).output

    return run


def test_a_draft_is_checked_shown_and_kept(dissect: Dissect, home: Path):
    code, out, _ = dissect("new", "mine", *PLANTED)
    assert code == 0
    assert "240 files of 10 classes" in out
    assert "dissect run mine" in out
    text = (home / "dissections" / "mine.yaml").read_text()
    assert text in out
    assert yaml.safe_load(text)["target"] == {"family": "planted"}
    assert dissect("check", "mine")[0] == 0


def test_a_draft_of_a_folder_works_wherever_it_is_used_from(dissect: Dissect, home: Path, tmp_path: Path, monkeypatch):
    for i in range(6):
        path = tmp_path / "sounds" / "dog" / f"{i}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(i).normal(0, 0.1, 8000), 16000)
    monkeypatch.chdir(tmp_path)
    assert dissect("new", "mine", "--sounds", "sounds", "--network", "planted")[0] == 0
    monkeypatch.chdir("/")
    code, out, _ = dissect("check", "mine")
    assert code == 0
    assert "6 files of 1 classes" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("mine",), "Where are the sounds .* is not said: write --sounds FOLDER"),
        (("mine", "--sounds", "soundbank"), "Which network .* is not said: write --network ast"),
        (("My Own", *PLANTED), "can't be called 'My Own': write small letters"),
        (("ast-demo", *PLANTED), "comes along with the house: write another name"),
        (("mine", "--sounds", "soundbank", "--network", "/no/such"), "There is no network '/no/such'"),
        (("mine", *PLANTED, "--window", "100"), "window_s"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(
    dissect: Dissect, home: Path, arguments: tuple[str, ...], sentence: str
):
    import re

    code, _, err = dissect("new", *arguments)
    assert code == 1
    assert re.search(sentence, err), err
    assert err.count("\n") == 1
    assert not home.exists()


def test_a_file_that_is_there_is_only_replaced_when_asked(dissect: Dissect, home: Path):
    dissect("new", "mine", *PLANTED)
    code, _, err = dissect("new", "mine", "--sounds", "soundbank", "--network", "ast")
    assert code == 1
    assert "is there already: write another name, or --overwrite" in err
    assert dissect("new", "mine", "--sounds", "soundbank", "--network", "ast", "--overwrite")[0] == 0
    assert "embedded_ast" in (home / "dissections" / "mine.yaml").read_text()


def test_what_is_not_said_is_asked_for(answering: Callable[..., str], home: Path):
    out = answering("new", "mine", answers="soundbank\nplanted\ny\n")
    assert "Where are the sounds" in out
    assert (home / "dissections" / "mine.yaml").exists()


def test_whoever_says_no_keeps_nothing(answering: Callable[..., str], home: Path):
    out = answering("new", "mine", *PLANTED, answers="n\n")
    assert "Keep it as" in out
    assert not home.exists()
