"""Which failures of a room are tried again, and how they are told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dagster import (
    AssetExecutionContext,
    AssetSpec,
    DagsterEventType,
    DagsterInstance,
    ExecuteInProcessResult,
    MaterializeResult,
    StaticPartitionsDefinition,
    asset,
    materialize,
    multi_asset,
)

from assets import specs
from assets.specs import patient
from dagster_and.foundation.errors import PassingError, UserError
from dagster_and.jobs import ATTENDED
from dagster_and.resources import House


class Room:
    """A step that fails the first times it is run, as a room does that ``patient`` wraps."""

    def __init__(self, root: Path, instance: DagsterInstance):
        self.root, self.instance, self.runs = root, instance, 0

    def run(self, error: Exception, times: int, tags: dict[str, str] | None = None) -> ExecuteInProcessResult:
        def work(context: AssetExecutionContext, house: House):
            self.runs += 1
            if self.runs <= times:
                raise error

        made = asset(name="room", partitions_def=StaticPartitionsDefinition(["tiny"]))(patient(work))
        return materialize(
            [made], partition_key="tiny", instance=self.instance, raise_on_error=False, tags=tags or {},
            resources={"house": House(root=str(self.root))},
        )  # fmt: skip


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(specs, "PATIENCE", specs.PATIENCE._replace(delay=0.01))
    with DagsterInstance.ephemeral() as instance:
        yield Room(tmp_path, instance)


def told(result: ExecuteInProcessResult) -> str:
    """The sentence that Dagster shows of the failed step."""
    (failed,) = [e for e in result.all_events if e.event_type == DagsterEventType.STEP_FAILURE]
    data = failed.step_failure_data.user_failure_data
    return data.description if data and data.description else ""


PASSING: list[Callable[[], Exception]] = [
    lambda: PassingError("the server is away"), lambda: ConnectionResetError("reset"), lambda: TimeoutError(),
    lambda: OSError(5, "Input/output error"),
]  # fmt: skip


@pytest.mark.parametrize("fail", PASSING)
def test_what_may_pass_is_tried_again(room: Room, fail: Callable[[], Exception]):
    assert room.run(fail(), times=2).success
    assert room.runs == 3


def test_patience_has_an_end(room: Room):
    assert not room.run(PassingError("the server is away"), times=99).success
    assert room.runs == 1 + specs.PATIENCE.max_retries


@pytest.mark.parametrize("error", [UserError("no such file"), ValueError("a bug"), FileNotFoundError(2, "No such")])
def test_what_does_not_pass_is_not_tried_again(room: Room, error: Exception):
    assert not room.run(error, times=1).success
    assert room.runs == 1


def test_a_sentence_for_people_is_shown_as_it_is(room: Room):
    assert told(room.run(UserError("Write another name."), times=1)) == "Write another name."


def test_a_disk_that_is_full_is_said_as_at_a_prompt(room: Room):
    full = OSError(28, "No space left on device", "/srv/lake/probing_clips")
    assert told(room.run(full, times=1)).startswith("/srv/lake/probing_clips can't be written, since there is no room")


def test_whoever_sits_before_the_run_is_told_at_once(room: Room):
    result = room.run(PassingError("The server is away."), times=1, tags={ATTENDED: "yes"})
    assert (result.success, room.runs) == (False, 1)
    assert told(result) == "The server is away."


def test_steps_that_write_several_tables_are_tried_again_as_well(room: Room):
    names, runs = ["first", "second"], []

    def work(context: AssetExecutionContext, house: House):
        runs.append(context.partition_key)
        for name in names:
            yield MaterializeResult(asset_key=name)
            if len(runs) < 2:
                raise ConnectionRefusedError

    partitions = StaticPartitionsDefinition(["tiny"])
    made = multi_asset(name="rooms", specs=[AssetSpec(name, partitions_def=partitions) for name in names])
    result = materialize(
        [made(patient(work))], partition_key="tiny", instance=room.instance,
        resources={"house": House(root=str(room.root))},
    )  # fmt: skip
    assert result.success
    assert len(runs) == 2


def test_waits_grow():
    waits = [specs.PATIENCE._replace(jitter=None).calculate_delay(attempt) for attempt in (1, 2, 3, 4)]
    assert waits == sorted(set(waits))
    assert waits[0] >= 30
