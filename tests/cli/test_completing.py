"""The shell completes commands and the names of dissections."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_and.foundation.home import REPOSITORY

COMMAND = [sys.executable, "-c", "from dagster_and.cli import app; app(prog_name='dissect')"]


def completed(home: Path, line: str, **more: str) -> list[str]:
    """What bash is offered at the end of the line."""
    environment = os.environ | {
        "AND_HOME": str(home), "PYTHONPATH": str(REPOSITORY), "_DISSECT_COMPLETE": "complete_bash", "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1), **more,
    }  # fmt: skip
    done = subprocess.run(COMMAND, capture_output=True, text=True, env=environment, check=False)
    return done.stdout.split()


def test_commands_are_completed(tmp_path: Path):
    assert set(completed(tmp_path, "dissect ex")) == {"export", "explore"}


@pytest.mark.parametrize("command", ["run", "check", "prune", "compare", "export"])
def test_names_of_dissections_are_completed_with_ones_own(tmp_path: Path, command: str):
    (tmp_path / "dissections").mkdir()
    (tmp_path / "dissections" / "planted-mine.yaml").touch()
    assert completed(tmp_path, f"dissect {command} planted-") == ["planted-demo", "planted-esc10", "planted-mine"]


def test_the_second_name_is_completed_too(tmp_path: Path):
    assert completed(tmp_path, "dissect compare ast-demo planted-d") == ["planted-demo"]
    assert completed(tmp_path, "dissect find dog --dissection planted-d") == ["planted-demo"]


def test_a_home_that_cannot_be_is_no_reason_to_fail_while_completing(tmp_path: Path):
    assert completed(Path("a?home"), "dissect run pl") == []


def test_the_script_for_a_shell_can_be_shown(tmp_path: Path):
    environment = os.environ | {
        "AND_HOME": str(tmp_path),
        "PYTHONPATH": str(REPOSITORY),
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }
    done = subprocess.run(
        [*COMMAND, "--show-completion", "bash"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "_DISSECT_COMPLETE=complete_bash" in done.stdout
