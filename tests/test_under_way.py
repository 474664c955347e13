"""A run whose process was killed is told to be over, and keeps no place in a pool."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, job, op

from dagster_and.foundation.home import Home
from dagster_and.orchestration.running import open_instance, prepare_environment
from dagster_and.under_way import end_killed, under_way

RUN_ID = "3f0c7a1e-0000-4000-8000-000000000001"


@op
def nothing() -> None:
    pass


@job
def idle() -> None:
    nothing()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def instance(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    for name in ("AND_HOME", "AND_LAKE", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # what is set below is unset afterwards
    prepare_environment(home)
    with open_instance(home) as instance:
        instance.create_run_for_job(idle, run_id=RUN_ID, status=DagsterRunStatus.STARTED)
        instance.event_log_storage.set_concurrency_slots("gpu", 1)
        claimed = instance.event_log_storage.claim_concurrency_slot("gpu", RUN_ID, "nothing")
        assert claimed.is_claimed
        yield instance


def hold(root: Path, started) -> None:
    with under_way(Home(root), RUN_ID):
        started.set()
        signal.pause()


def status(instance: DagsterInstance) -> DagsterRunStatus:
    run = instance.get_run_by_id(RUN_ID)
    assert run
    return run.status


def places_taken(instance: DagsterInstance) -> int:
    return instance.event_log_storage.get_concurrency_info("gpu").active_slot_count


def test_what_was_killed_is_over_and_what_lives_is_not(home: Home, instance: DagsterInstance):
    context = multiprocessing.get_context("fork")
    started = context.Event()
    process = context.Process(target=hold, args=(home.root, started))
    process.start()
    assert started.wait(10)
    end_killed(home, instance)
    assert (status(instance), places_taken(instance)) == (DagsterRunStatus.STARTED, 1)
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    end_killed(home, instance)
    assert (status(instance), places_taken(instance)) == (DagsterRunStatus.FAILURE, 0)
    assert not list((home.dagster / "under_way").iterdir())


def test_a_run_that_ends_well_leaves_nothing_behind(home: Home):
    with under_way(home, RUN_ID):
        pass
    assert not list((home.dagster / "under_way").iterdir())


def test_a_run_that_dagster_never_heard_of_is_forgotten(home: Home, instance: DagsterInstance):
    with pytest.raises(ZeroDivisionError), under_way(home, "unknown"):
        raise ZeroDivisionError
    end_killed(home, instance)
    assert not list((home.dagster / "under_way").iterdir())
