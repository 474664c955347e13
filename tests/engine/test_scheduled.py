"""Work on real workers: what comes back, and what happens when workers or the scheduler go."""

import os
import platform
import resource
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from dagster_and.engine import HERE, scheduled
from dagster_and.engine.connecting import connected, disconnect
from dagster_and.engine.scheduled import Scheduled
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.store import Lake
from deploy.cluster import dask
from tests.engine.conftest import Dask

QUICK_LOOK_S = 0.2


def test_results_are_those_of_this_machine_in_the_order_of_the_units(two_workers: Dask, lake: Lake):
    base = 10

    def work(unit: tuple[int, str]) -> str:
        time.sleep(0.01 * (5 - unit[0]))  # the first one takes longest
        return f"{base + unit[0]} {unit[1]}"

    units = [(number, "abcde"[number]) for number in range(5)]
    assert list(two_workers.engine(lake).each(work, units, "test")) == list(HERE.each(work, units))


def test_both_workers_do_some_of_it(two_workers: Dask, lake: Lake):
    def work(_: range) -> int:
        time.sleep(0.1)
        return os.getpid()

    pids = set(two_workers.engine(lake).passes(work, [range(i, i + 1) for i in range(8)], "test", "clips"))
    assert len(pids) == 2
    assert os.getpid() not in pids


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library hands memory back in its own way")
def test_memory_that_a_worker_has_freed_is_used_again(two_workers: Dask, lake: Lake):
    arrays, pages_each = 200, 256

    def faults(_: int) -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(arrays):
            np.ones(pages_each * resource.getpagesize(), dtype=np.uint8)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    assert max(two_workers.engine(lake).each(faults, [0, 1, 2, 3], "test")) < arrays * pages_each / 10


def test_no_units_are_no_results(two_workers: Dask, lake: Lake):
    assert list(two_workers.engine(lake).each(str, [], "test")) == []


def test_how_far_it_is_is_told(two_workers: Dask, lake: Lake):
    told: list[str] = []
    list(two_workers.engine(lake, told.append).each(str, [1, 2, 3], "labels"))
    address = two_workers.scheduler.address
    assert told == [f"labels: 3 units on {address}, 2 workers, 2 threads", "labels: 3 of 3 units done"]


def test_a_sentence_for_people_comes_as_it_was_said_and_at_once(two_workers: Dask, lake: Lake, tmp_path: Path):
    def work(unit: int) -> int:
        if unit == 1:
            (tmp_path / f"{time.monotonic_ns()}.tried").touch()
            raise UserError("Neuron 3 is not a finite number.")
        return unit

    with pytest.raises(UserError, match=r"^Neuron 3 is not a finite number\.$"):
        list(two_workers.engine(lake).each(work, [0, 1, 2], "test"))
    assert len(list(tmp_path.glob("*.tried"))) == 1


def test_what_fails_for_a_while_is_done_again_and_what_fails_for_good_is_raised(
    two_workers: Dask, lake: Lake, tmp_path: Path
):
    def failing(times: int):
        def work(unit: int) -> int:
            (tmp_path / f"{times}-{time.monotonic_ns()}").touch()
            if len(list(tmp_path.glob(f"{times}-*"))) <= times:
                raise OSError("the disk is away")
            return unit

        return work

    assert list(two_workers.engine(lake).each(failing(2), [7], "test")) == [7]
    with pytest.raises(OSError, match="the disk is away"):
        list(two_workers.engine(lake).each(failing(3), [7], "test"))


def test_the_units_of_a_worker_that_ends_are_done_again(two_workers: Dask, lake: Lake, tmp_path: Path):
    def work(unit: int) -> int:
        time.sleep(0.05)
        if unit == 4 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return unit

    assert list(two_workers.engine(lake).each(work, list(range(10)), "test")) == list(range(10))


def test_a_unit_that_ends_three_workers_is_named(two_workers: Dask, lake: Lake, tmp_path: Path):
    def work(unit: range) -> range:
        if unit.start == 128:
            (tmp_path / f"{time.monotonic_ns()}.died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return unit

    named = r"^Unit 2 of 2 of labels \(neurons 128 to 255\) has ended 3 workers one after another, .*--memory-limit"
    with pytest.raises(UserError, match=named):
        list(two_workers.engine(lake).passes(work, [range(128), range(128, 256)], "labels", "neurons"))
    assert len(list(tmp_path.glob("*.died"))) == 3


def test_without_a_worker_a_run_waits_with_a_word_and_then_ends_with_a_sentence(
    two_workers: Dask, lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(scheduled, "LOOK_EVERY_S", QUICK_LOOK_S)
    monkeypatch.setattr(scheduled, "PATIENCE_S", 1.0)
    told: list[str] = []

    def kill_all(line: str) -> None:
        told.append(line)
        if len(told) == 1:
            for worker in two_workers.workers:
                worker.kill()

    with pytest.raises(UserError, match=r"has had no workers for 1 s, with \d of 6 units of labels done: start some"):
        list(two_workers.engine(lake, kill_all).each(_slowly, list(range(6)), "labels"))
    assert "has no workers left; waiting up to 1 s for one." in capsys.readouterr().err
    assert "has no workers left" in told[1]


def test_a_worker_that_comes_back_in_time_goes_on(two_workers: Dask, lake: Lake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scheduled, "LOOK_EVERY_S", QUICK_LOOK_S)
    told: list[str] = []

    def kill_all_and_start_one(line: str) -> None:
        told.append(line)
        if len(told) == 1:
            for worker in two_workers.workers:
                worker.kill()
        elif "no workers left" in line:
            two_workers.workers[0].start()

    engine = two_workers.engine(lake, kill_all_and_start_one)
    assert list(engine.each(_slowly, list(range(6)), "labels")) == list(range(6))


def test_work_that_nobody_waits_for_any_more_is_called_off(two_workers: Dask, lake: Lake):
    engine = two_workers.engine(lake)
    assert isinstance(engine, Scheduled)
    results = engine.each(_slowly, list(range(50)), "test")
    assert next(results) == 0
    results.close()
    deadline = time.monotonic() + 10
    while tasks := engine.cluster.client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
        assert time.monotonic() < deadline, f"{tasks} tasks are left"
        time.sleep(0.1)


def test_a_scheduler_that_goes_ends_the_run_with_a_sentence(
    tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scheduled, "LOOK_EVERY_S", QUICK_LOOK_S)
    with dask(tmp_path / "dask", workers=1, environment={"PYTHONPATH": str(REPOSITORY)}) as (scheduler, workers):
        Dask(scheduler, workers).revive()
        engine = Scheduled(connected(scheduler.address, "compute.engine: ", lake), lambda _: scheduler.kill())
        with pytest.raises(UserError, match=r"has gone away, and with it the units at work: start it again"):
            list(engine.each(_slowly, list(range(6)), "labels"))
    disconnect()


def _slowly(unit: int) -> int:
    time.sleep(0.2)
    return unit
