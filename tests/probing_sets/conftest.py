"""Tiny trees in the layouts of published sets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.probing_sets.tiny_sets import wav_bytes


@pytest.fixture
def sound(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a sound file below the test's folder; each has its own pitch."""
    pitches = iter(range(200, 3000, 37))

    def write(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav_bytes(next(pitches)))
        return path

    return write


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV below the test's folder, line by line."""

    def write(name: str, *lines: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        return path

    return write
