"""A house of two dissections with real sounds; every text of one of them is hostile."""

import shutil
from pathlib import Path

import pytest

import dagster_and as and_
from dagster_and.foundation.home import Home
from dagster_and.notebook import Dissected, OpenHouse
from tests.explorer.conftest import HOSTILE, TINY, built, clean_lake

__all__ = ["built", "clean_lake"]


@pytest.fixture
def house(built: Home) -> OpenHouse:
    """Not one to change."""
    return and_.open(built.root)


@pytest.fixture
def tiny(house: OpenHouse) -> Dissected:
    return house[TINY]


@pytest.fixture
def hostile(house: OpenHouse) -> Dissected:
    return house[HOSTILE]


@pytest.fixture
def own(built: Home, tmp_path: Path) -> Home:
    """A copy to change; its sounds are those of the original."""
    own = Home(tmp_path / "home")
    shutil.copytree(built.root, own.root, ignore=shutil.ignore_patterns("cache"))
    return own
