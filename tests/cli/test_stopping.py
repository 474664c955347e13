"""``dissect run`` that is told to stop."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_and.foundation.home import REPOSITORY


@pytest.mark.cluster
@pytest.mark.parametrize("after_line", ["planted-demo", "probing_clips"])
def test_a_scheduler_that_ends_a_run_is_told_what_ctrl_c_is_told(tmp_path: Path, after_line: str):
    """While all is loaded, and in the middle of the rooms."""
    command = [sys.executable, "-c", "from dagster_and.cli import app; app()", "run", "planted-demo"]
    environment = os.environ | {"AND_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert any(after_line in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=240)
    assert process.returncode == 130, said
    assert "Stopped; what was finished is kept. The same command goes on from there." in " ".join(said.split())
    assert "Traceback" not in said
