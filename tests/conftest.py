"""What all tests share: no network, no telemetry, deterministic property tests, the quick ones first."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

os.environ |= {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TQDM_DISABLE": "1",
}

SLOW_FOLDERS = ("data_tests", "assets", "architecture", "dbt", "end_to_end")
"""Run last, in this order; every other folder comes before, in the order of the alphabet, single files first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick folders first, so that a small mistake shows at once."""
    items.sort(key=lambda item: _place(item.path.relative_to(Path(__file__).parent)))


def _place(path: Path) -> tuple[int, str]:
    folder = path.parts[0] if len(path.parts) > 1 else ""
    return (1 + SLOW_FOLDERS.index(folder), "") if folder in SLOW_FOLDERS else (0, folder)
