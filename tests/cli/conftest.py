"""``dissect`` in this process, on a home that is not there yet."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dagster_and.cli import app
from dagster_and.cli.app import console

Dissect = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that is not there yet."""
    monkeypatch.setenv("AND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AND_NOWHERE", raising=False)
    return tmp_path / "home"


@pytest.fixture
def dissect(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dissect]:
    """Runs a command; gives exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    with monkeypatch.context() as patch:
        patch.setattr(type(console), "file", property(lambda c: sys.stderr if c.stderr else sys.stdout))
        yield run
