"""Which engine: what the file says, unless the environment says otherwise; who can't do it is refused before work."""

import shutil
from pathlib import Path

import pytest

from dagster_and.dissection import Compute
from dagster_and.engine import HERE, connecting, engine_of
from dagster_and.engine.connecting import disconnect
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.store import Lake
from deploy.cluster import dask
from tests.engine.conftest import Dask, one_worker

NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AND_SCHEDULER", raising=False)


def test_by_default_this_machine_does_the_work(lake: Lake):
    assert engine_of(Compute(), lake) is HERE
    assert "cores" in HERE.in_words


def test_the_environment_wins_over_the_file(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_SCHEDULER", "local")
    assert engine_of(Compute(engine=NOBODY), lake) is HERE
    monkeypatch.setenv("AND_SCHEDULER", " ")
    assert engine_of(Compute(), lake) is HERE
    monkeypatch.setenv("AND_SCHEDULER", NOBODY)
    monkeypatch.setattr(connecting, "CONNECT_S", 0.3)
    with pytest.raises(UserError, match=r"^No Dask scheduler answers at AND_SCHEDULER=tcp://127\.0\.0\.1:9 .*local\.$"):
        engine_of(Compute(), lake)


@pytest.mark.parametrize("address", ["spark", "tcp://host", "http://host:8786", "8786"])
def test_what_is_no_address_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch, address: str):
    with pytest.raises(ValueError, match=r"is no engine; write local, or a Dask scheduler's address"):
        Compute(engine=address)
    monkeypatch.setenv("AND_SCHEDULER", address)
    with pytest.raises(UserError, match=r"^AND_SCHEDULER is .*, which is no Dask scheduler's address: set it to one"):
        engine_of(Compute(), lake)


def test_a_scheduler_without_workers_and_one_with_other_code_are_refused(tmp_path: Path, lake: Lake):
    other = tmp_path / "other"
    for folder in ("dagster_and", "assets", "data_tests"):
        shutil.copytree(REPOSITORY / folder, other / folder, ignore=shutil.ignore_patterns("__pycache__"))
    changed = other / "dagster_and" / "engine" / "__init__.py"
    changed.write_text(f"{changed.read_text()}# a later version\n")
    with dask(tmp_path / "dask", workers=0, environment={"PYTHONPATH": str(REPOSITORY)}) as (scheduler, _):
        with pytest.raises(UserError, match=r"has no workers: start some with `dask worker tcp://"):
            engine_of(Compute(engine=scheduler.address), lake)
        named = r"^The worker \S+ on 127\.0\.0\.1 .*runs the code .*, and here it is"
        worker = one_worker(scheduler.address, tmp_path / "worker", PYTHONPATH=str(other))
        with worker, pytest.raises(UserError, match=named):
            engine_of(Compute(engine=scheduler.address), lake)
    disconnect()


def test_a_worker_without_the_package_is_refused(tmp_path: Path, lake: Lake):
    nothing = tmp_path / "nothing" / "dagster_and"
    nothing.mkdir(parents=True)
    (nothing / "__init__.py").write_text("raise ImportError('it is not installed')\n")  # before where it is
    named = r"^The worker \S+ on 127\.0\.0\.1 can't run this package"
    with (
        dask(tmp_path / "dask", workers=0, environment={"PYTHONPATH": str(REPOSITORY)}) as (scheduler, _),
        one_worker(scheduler.address, tmp_path / "worker", PYTHONPATH=str(nothing.parent)),
        pytest.raises(UserError, match=named),
    ):
        engine_of(Compute(engine=scheduler.address), lake)
    disconnect()


def test_a_worker_that_sees_another_lake_is_refused(two_workers: Dask, lake: Lake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connecting, "show", lambda *_: None)  # as if it were written to another folder
    with pytest.raises(UserError, match=rf"sees another lake than {lake.root}: give it that folder at the same path"):
        two_workers.engine(lake)


def test_a_gpu_is_offered_where_a_worker_was_started_with_one(tmp_path: Path, two_workers: Dask, lake: Lake):
    from dagster_and.devices.choosing import placement_of

    engine = two_workers.engine(lake)
    assert placement_of(Compute(), engine.devices).device == "cpu"
    with pytest.raises(UserError, match=r"compute\.device is cuda, but no worker offers it: start workers with"):
        placement_of(Compute(device="cuda"), engine.devices)
    with one_worker(two_workers.scheduler.address, tmp_path / "gpu", "--resources", "GPU=1"):
        engine = two_workers.engine(lake)
        assert placement_of(Compute(), engine.devices).device == "cuda"
        assert engine.in_words.endswith("3 workers, 3 threads, 1 GPUs")
        hosts = set(engine.passes(_name, [range(1)] * 4, "test", "clips", "cuda"))
    assert len(hosts) == 1


def _name(_: range) -> str:
    from distributed import get_worker

    return str(get_worker().name)
