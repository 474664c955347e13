"""Who may know whom."""

import subprocess
import sys
from pathlib import Path

import pytest

from dagster_and.foundation.home import REPOSITORY
from tests.architecture.sources import CODE, files, imports, name

KNOW_DAGSTER = (
    "dagster_and/definitions.py",
    "dagster_and/room_definitions.py",
    "dagster_and/automation.py",
    "dagster_and/jobs.py",
    "dagster_and/resources.py",
    "dagster_and/catalogue.py",
    "dagster_and/orchestration/history.py",
    "dagster_and/orchestration/running.py",
    "dagster_and/under_way.py",
    "assets/",
    "data_tests/",
)
FILES_AND_NETWORK = {
    "os",
    "pathlib",
    "shutil",
    "subprocess",
    "socket",
    "urllib",
    "http",
    "requests",
    "httpx",
    "tempfile",
}


def importers(*packages: str, folders: tuple[str, ...] = CODE) -> set[str]:
    """Files that import one of the packages or something in it."""

    def within(module: str) -> bool:
        return any(module == package or module.startswith(f"{package}.") for package in packages)

    return {name(path) for path in files(".py", folders=folders) if any(map(within, imports(path)))}


def test_the_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_edge_of_the_house_knows_dagster():
    assert {file for file in importers("dagster", "dagster_dbt") if not file.startswith(KNOW_DAGSTER)} == set()


def test_only_definitions_knows_the_assets_and_their_checks():
    outside = {file for file in importers("assets", "data_tests") if not file.startswith(("assets/", "data_tests/"))}
    assert outside == {"dagster_and/definitions.py", "dagster_and/room_definitions.py"}


def test_the_method_knows_only_itself():
    method = ("dagster_and/method",)
    """And the one error for people, which any room may raise."""
    neighbours = {path.stem for path in (REPOSITORY / "dagster_and").iterdir()} - {"method", "__init__", "__pycache__"}
    neighbours = neighbours - {"foundation"} | {"foundation.home", "foundation.progress"}
    assert importers(*(f"dagster_and.{neighbour}" for neighbour in neighbours), folders=method) == set()
    assert importers(*FILES_AND_NETWORK, folders=method) == set()


@pytest.mark.parametrize("seam", ["captioners", "describers", "encoders", "probing_sets", "targets"])
def test_a_seam_does_not_know_the_rooms(seam: str):
    """Implementations are handed what they need; they don't read the lake or the warehouse themselves."""
    assert (
        importers("dagster_and.lake.store.Lake", "dagster_and.warehouse.building", folders=(f"dagster_and/{seam}",))
        == set()
    )
