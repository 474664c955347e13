"""Dagster's storage under ``AND_HOME``: made by whoever comes first, whole for everybody."""

import io
import multiprocessing
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.orchestration.running import ignored_in, open_instance, prepare_environment


def _open(root: Path, start) -> None:
    home = Home(root)
    prepare_environment(home)
    start.wait()
    with open_instance(home) as instance:
        instance.get_runs(limit=1)


def test_processes_that_start_at_once_make_one_storage(tmp_path: Path):
    import dagster  # noqa: F401 - once, before the processes part ways

    context = multiprocessing.get_context("fork")
    start = context.Barrier(4)
    processes = [context.Process(target=_open, args=(tmp_path, start)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    databases = sorted(Home(tmp_path).dagster.rglob("*.db"))
    assert {path.stem for path in databases} >= {"runs", "index", "schedules"}
    for path in databases:
        with sqlite3.connect(path) as connection:
            versions = connection.execute("select count(*) from alembic_version").fetchone()
        connection.close()
        assert versions == (1,), path


@pytest.mark.parametrize(
    "settings",
    ["telemetry: [", "- a", "colour: red", "telemetry: {enabled: maybe}", "\0",
     "storage: {postgres: {postgres_url: x}}", "local_artifact_storage: {module: os, class: path}"],
)  # fmt: skip
def test_settings_that_dagster_cannot_take_are_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str
):
    for name in ("AND_HOME", "AND_LAKE", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # what is set below is unset afterwards
    home = Home(tmp_path)
    home.dagster.mkdir()
    (home.dagster / "dagster.yaml").write_text(settings)
    prepare_environment(home)
    with pytest.raises(UserError, match=r"dagster.yaml .*: mend the file, or delete it") as caught, open_instance(home):
        pass
    assert "\n" not in str(caught.value)


def test_what_python_ignores_goes_to_the_log_and_shows_no_trace(capfd: pytest.CaptureFixture[str]):
    def stubborn() -> Iterator[int]:
        try:
            yield 1
        except GeneratorExit:
            yield 2

    before = sys.unraisablehook
    with ignored_in(log := io.StringIO()):
        next(begun := stubborn())
        del begun
    assert sys.unraisablehook is before
    assert "generator ignored GeneratorExit" in log.getvalue()
    assert capfd.readouterr().err == ""
