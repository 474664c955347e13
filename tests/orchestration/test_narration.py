"""What people are told of a step that fails, of one that waits for its turn, and of Ctrl-C."""

import io
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dagster import (
    AssetExecutionContext,
    DagsterInstance,
    Definitions,
    StaticPartitionsDefinition,
    asset,
    define_asset_job,
)
from rich.console import Console

from assets.specs import patient
from dagster_and.catalogue import GPU
from dagster_and.foundation.errors import PassingError, UserError
from dagster_and.foundation.home import Home
from dagster_and.jobs import ATTENDED
from dagster_and.orchestration.narration import Narrator
from dagster_and.orchestration.running import open_instance, prepare_environment
from dagster_and.resources import House

RUN_ID = "3f0c7a1e-0000-4000-8000-000000000002"
OTHER = "3f0c7a1e-0000-4000-8000-000000000003"


class Told:
    """One room in one run, and what its narrator prints."""

    def __init__(self, home: Home, instance: DagsterInstance):
        self.home, self.instance, self.printed = home, instance, io.StringIO()
        self.narrator = Narrator(Console(file=self.printed, width=200), {}, with_traceback=False)

    def run(self, work: Callable[[AssetExecutionContext, House], None], listen: Callable | None = None) -> bool:
        made = asset(name="room", pool=GPU, partitions_def=StaticPartitionsDefinition(["tiny"]))(patient(work))
        for listener in (self.narrator, listen):
            if listener:
                self.instance.add_event_listener(RUN_ID, listener)
        house = House(root=str(self.home.root))
        defs = Definitions([made], jobs=[define_asset_job("one")], resources={"house": house})
        result = defs.resolve_job_def("one").execute_in_process(
            partition_key="tiny", instance=self.instance, raise_on_error=False, tags={ATTENDED: "yes"}, run_id=RUN_ID
        )
        return result.success


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    for name in ("AND_HOME", "AND_LAKE", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # what is set below is unset afterwards
    home = Home(tmp_path)
    prepare_environment(home)
    with open_instance(home) as instance:
        yield Told(home, instance)


@pytest.mark.parametrize("kind", [UserError, PassingError])
def test_a_sentence_for_people_is_told_as_it_is_whatever_it_came_from(told: Told, kind: type[UserError]):
    def work(context: AssetExecutionContext, house: House) -> None:
        try:
            raise ValueError("column 7")
        except ValueError as error:
            raise kind("Write another name.") from error

    assert not told.run(work)
    assert told.narrator.outcome.errors == ["Write another name."]
    assert told.printed.getvalue() == "  room: Write another name.\n"


def test_a_fault_that_nobody_foresaw_is_told_as_one(told: Told):
    def work(context: AssetExecutionContext, house: House) -> None:
        raise ValueError("column 7")

    assert not told.run(work)
    sentence = "Nobody foresaw this (ValueError: column 7): give the command with --traceback to see where it is from."
    assert told.narrator.outcome.errors == [sentence]


def test_a_step_that_waits_for_its_turn_says_so_once(told: Told):
    storage = told.instance.event_log_storage
    storage.set_concurrency_slots(GPU, 1)
    assert storage.claim_concurrency_slot(GPU, OTHER, "another room").is_claimed

    def leave(entry) -> None:
        if entry.dagster_event and "blocked by limit" in (entry.dagster_event.message or ""):
            storage.free_concurrency_slots_for_run(OTHER)

    def work(context: AssetExecutionContext, house: House) -> None:
        pass

    assert told.run(work, leave)
    lines = told.printed.getvalue().splitlines()
    assert lines[0] == "  room waits until another run leaves a place in the pool gpu"
    assert sum("waits" in line for line in lines) == 1


def test_ctrl_c_is_a_stop_and_no_error_of_the_table_that_was_made():
    @asset
    def stopped() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)

    narrator = Narrator(Console(file=(printed := io.StringIO()), width=200), {}, with_traceback=False)
    run_id = str(uuid.uuid4())
    job = Definitions(assets=[stopped], jobs=[define_asset_job("all")]).resolve_job_def("all")
    with DagsterInstance.ephemeral() as instance:
        instance.add_event_listener(run_id, narrator)
        job.execute_in_process(instance=instance, raise_on_error=False, run_id=run_id)
    assert narrator.is_interrupted
    assert narrator.outcome.errors == []
    assert printed.getvalue() == ""
