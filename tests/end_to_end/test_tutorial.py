"""The tutorial's commands, one after the other, as somebody would type them who has some sounds and a server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dagster_and.foundation.home import REPOSITORY
from tests.llm_server import serving

PAGE = (REPOSITORY / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(bash|python)( [\w.]+)?\n(.+?)```", re.DOTALL)
RATE_HZ = 16_000


def bell(time: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    return np.sin(2 * np.pi * chance.uniform(1200, 1600) * time) * np.exp(-4 * time)


def dog(time: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    return np.sin(2 * np.pi * chance.uniform(250, 350) * time) * (np.sin(2 * np.pi * 3 * time) > 0.3)


def rain(time: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    return chance.normal(0, 0.3, len(time))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder but for the sounds."""
    time, chance = np.arange(RATE_HZ) / RATE_HZ, np.random.default_rng(0)
    for sound in (bell, dog, rain):
        folder = tmp_path / "my-sounds" / sound.__name__
        folder.mkdir(parents=True)
        for number in range(8):
            soundfile.write(folder / f"{number}.wav", 0.4 * sound(time, chance), RATE_HZ)
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tutorial_works_from_its_first_command_to_its_last(place: Path):
    blocks = BLOCK.findall(PAGE)
    assert sum(kind == "bash" for kind, _, _ in blocks) >= 5
    with serving() as llm:
        environment = os.environ | {
            "AND_HOME": str(place / "home"), "MY_LLM_URL": llm.url, "MY_LLM": "tiny", "PYTHONPATH": str(REPOSITORY),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip
        printed = []
        for kind, file, text in blocks:
            if file:
                (place / file.strip()).write_text(text)
                continue
            command = ["bash", "-euo", "pipefail", "-c", text] if kind == "bash" else [sys.executable, "-c", text]
            done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
            printed.append(done.stdout)
        assert llm.calls > 0
    everything = "\n".join(printed)
    assert "24 files of 3 classes" in everything
    assert "calls to come" in everything
    assert (place / "my-sounds-neurons" / "neurons.parquet").exists()
