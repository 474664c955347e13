"""What all tests share: no network, no telemetry, deterministic property tests, the quick ones first."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import Phase, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from dagster_and.foundation.home import Home
from dagster_and.warehouse.building import manifest
from deploy import cluster
from deploy.parts import Part
from tests.postgres_database import new_database

settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)  # pytest --hypothesis-profile thorough
settings.register_profile("unshrunk", settings.get_profile("house"), phases=[Phase.explicit, Phase.generate])  # mutants
settings.load_profile("house")

os.environ |= {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TQDM_DISABLE": "1",
}

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # workers that share the cores wait for each other's threads otherwise

IN_MEMORY = Path("/dev/shm")
ROOM_NEEDED = 4 << 30

SLOW_FOLDERS = ("data_tests", "architecture", "notebook", "explorer", "dbt", "end_to_end")
"""Run last, in this order; every other folder comes before, in the order of the alphabet, single files first."""
LONGEST = SLOW_FOLDERS[-1]
CLUSTER = (
    "engine", "deploy", "faults", "end_to_end/test_lake_in_a_bucket.py", "end_to_end/test_moments.py",
    "end_to_end/test_moved_home.py", "end_to_end/test_postgresql.py", "end_to_end/test_tutorial.py",
    "llm/test_batch_killed.py",
)  # fmt: skip
"""Whole runs beside servers and workers of their own, and kills: ``make test-cluster``, and not ``make test``."""


def pytest_configure(config: pytest.Config) -> None:
    """Homes and databases of tests lie in memory where there is room: they say "to the disk!" thousands of times.

    ``--basetemp`` puts them elsewhere, to look at them afterwards.
    """
    is_worker = hasattr(config, "workerinput")
    if not is_worker and not config.option.basetemp and _has_room():
        config.option.basetemp = Path(tempfile.mkdtemp(dir=IN_MEMORY, prefix="pytest-"))
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with dbt's manifest and nothing else, one for all workers: to parse takes long, and the graph is the same.

    Not one to work in: copy its cache.
    """
    own = tmp_path_factory.getbasetemp()
    home = Home((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "parsed")
    home.root.mkdir(exist_ok=True)
    with FileLock(home.root / ".lock"):
        manifest(home)
    return home


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Bucket]:
    """A bucket on an S3 server of its own, which every client in this process and its children is told of."""
    with cluster.s3(tmp_path_factory.mktemp("s3")) as bucket, pytest.MonkeyPatch.context() as patch:
        for name, value in bucket.environment.items():
            patch.setenv(name, value)
        yield bucket


@pytest.fixture
def url(s3: cluster.Bucket) -> str:
    """Of a lake of its own in that bucket, empty."""
    return s3.url(f"lake-{uuid.uuid4().hex}")


def _has_room() -> bool:
    return os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM_NEEDED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick folders first, so that a small mistake shows at once; beside them, where there is a worker, the longest."""
    is_shared = "PYTEST_XDIST_WORKER" in os.environ
    for item in items:
        place = item.path.relative_to(Path(__file__).parent)
        if any(place.is_relative_to(own) for own in CLUSTER):
            item.add_marker(pytest.mark.cluster)
    items.sort(key=lambda item: _place(item.path.relative_to(Path(__file__).parent), is_shared))


def _place(path: Path, is_shared: bool) -> tuple[int, str]:
    folder = path.parts[0] if len(path.parts) > 1 else ""
    if folder == LONGEST and is_shared:
        return (-1, "")
    return (1 + SLOW_FOLDERS.index(folder), "") if folder in SLOW_FOLDERS else (0, folder)


class TogetherWhereDear(LoadFileScheduling):
    """Gives a worker a whole file, or a whole slow folder: its tests share what takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(super()._split_scope(nodeid))
        return next((str(parent) for parent in file.parents if parent.name in SLOW_FOLDERS), str(file))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TogetherWhereDear:
    """How ``pytest -n`` shares out the tests: in the order above."""
    config.option.loadscopereorder = False
    return TogetherWhereDear(config, log)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Part]:
    """A real server, in a folder that the user may enter whom it runs as; databases are made by :func:`database`."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if _has_room() else None, prefix="postgresql-") as folder:
        Path(folder).chmod(0o755)
        with cluster.postgres(Path(folder) / "server") as part:
            yield part


@pytest.fixture
def database(postgresql: Part) -> str:
    """The address of an empty database on it."""
    if not postgresql.is_running:  # another test may have stopped it
        postgresql.start()
    return new_database(postgresql.address)
