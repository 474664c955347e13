"""The explorer's home, whose texts are hostile, and a report of each of its dissections."""

from pathlib import Path

import pytest

from dagster_and.foundation.home import Home
from dagster_and.report.content import Checks
from dagster_and.report.writing import write_report
from tests.data_tests.conftest import clean_lake
from tests.explorer.conftest import HOSTILE, TINY, built

__all__ = ["built", "clean_lake"]


@pytest.fixture(scope="session")
def reports(built: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By dissection the file that it was written to."""
    folder = tmp_path_factory.mktemp("reports")
    files = {TINY: folder / "tiny.html", HOSTILE: folder / "hostile.html"}
    checks = Checks(30, ["neurons: <i>neurons_suite</i>"], ["answers: answers_usable"], 1200)
    for name, file in files.items():
        write_report(built, name, file, checks)
    return files
