"""The commands of pages, one after the other, as somebody would type them who has some sounds and a server."""

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

DOCS = REPOSITORY / "docs"
TUTORIAL = "tutorial.md"
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


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Of each block that is run or kept as a file: its kind, the file's name or nothing, its text."""
    return BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def followed(parts: list[tuple[str, str, str]], place: Path, **environment: str) -> str:
    """What is printed by whoever does all that stands there."""
    known = os.environ | environment | {
        "AND_HOME": str(place / "home"), "PYTHONPATH": str(REPOSITORY),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    printed = []
    for kind, file, text in parts:
        if file:
            (place / file.strip()).write_text(text)
            continue
        command = ["bash", "-euo", "pipefail", "-c", text] if kind == "bash" else [sys.executable, "-c", text]
        done = subprocess.run(command, cwd=place, env=known, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        printed.append(done.stdout)
    return "\n".join(printed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tutorial_works_from_its_first_command_to_its_last(place: Path):
    parts = blocks(TUTORIAL)
    assert sum(kind == "bash" for kind, _, _ in parts) >= 5
    with serving() as llm:
        everything = followed(parts, place, MY_LLM_URL=llm.url, MY_LLM="tiny")
        assert llm.calls > 0
    assert "24 files of 3 classes" in everything
    assert "calls to come" in everything
    assert (place / "my-sounds-neurons" / "neurons.parquet").exists()


@pytest.mark.slow
def test_a_network_and_an_llm_are_added_as_their_pages_say(place: Path):
    network = [part for part in blocks(TUTORIAL) if part[1]]
    with serving() as llm:
        asked = {"MY_LLM_URL": llm.url, "MY_LLM": "tiny"}
        pages = [blocks(f"how-to/{page}.md") for page in ("add-a-network", "add-an-llm")]
        added, described = (followed([*network, *page], place, **asked) for page in pages)
    assert "Network" in added
    assert "calls to come" in described
