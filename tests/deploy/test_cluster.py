"""The cluster on this machine: its parts answer, can be killed and started again, and are gone when it ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from dagster_and.foundation.home import REPOSITORY
from deploy.cluster import BIN
from deploy.parts import Part, free_ports, listens, running

pytestmark = pytest.mark.skipif(not (BIN / "weed").exists(), reason="SeaweedFS is not installed")


def descendants(process: subprocess.Popen) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[subprocess.Popen, dict[str, str]]]:
    """The command, and what it says to export."""
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cluster"], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C ends" in line:
            break
    yield process, dict(re.findall(r"^  export (\w+)=(\S+)$", said, re.MULTILINE))
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_every_part_answers(cluster: tuple[subprocess.Popen, dict[str, str]]):
    import s3fs
    from distributed import Client

    _, told = cluster
    files = s3fs.S3FileSystem(
        key=told["AWS_ACCESS_KEY_ID"], secret=told["AWS_SECRET_ACCESS_KEY"], endpoint_url=told["AWS_ENDPOINT_URL"],
        skip_instance_cache=True,
    )  # fmt: skip
    place = told["AND_LAKE"].removeprefix("s3://") + "/some.txt"
    files.pipe_file(place, b"words")
    assert files.cat_file(place) == b"words"
    psycopg2.connect(told["AND_POSTGRES"]).close()
    with Client(told["AND_SCHEDULER"], timeout=30) as client:
        client.wait_for_workers(2, timeout=30)
        assert client.submit(os.getenv, "AND_LAKE").result(timeout=30) == told["AND_LAKE"]


@pytest.mark.slow
def test_ctrl_c_ends_all_of_it(cluster: tuple[subprocess.Popen, dict[str, str]]):
    process, told = cluster
    started = descendants(process)
    assert len(started) > 5
    folders = [Path(argument[5:]).parent for p in started for argument in p.cmdline() if argument.startswith("-dir=")]
    assert folders
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert psutil.wait_procs(started, timeout=10)[1] == []
    assert not any(folder.exists() for folder in folders)
    assert not listens(int(told["AND_POSTGRES"].rpartition(":")[2].split("/")[0]))


def test_postgresql_forgets_nothing_when_it_is_killed(postgresql: Part, database: str):
    with psycopg2.connect(database) as connection:
        connection.cursor().execute("create table kept as select 1 as one")
    connection.close()
    postgresql.kill()
    assert not postgresql.is_running
    postgresql.start()
    connection = psycopg2.connect(database)
    cursor = connection.cursor()
    cursor.execute("select one from kept")
    assert cursor.fetchall() == [(1,)]
    connection.close()


def test_what_does_not_start_says_what_it_printed(tmp_path: Path):
    part = Part("broken", "", [sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path, lambda: False)
    with pytest.raises(RuntimeError, match=r"broken did not start:\n.*no such thing"), running(part):
        pass
    assert not part.is_running


@pytest.mark.parametrize("ended_before", [False, True])
def test_what_a_part_leaves_behind_is_ended_with_it(tmp_path: Path, ended_before: bool):
    (port,) = free_ports(1)
    serve = f"[{sys.executable!r}, '-m', 'http.server', '{port}', '--bind', '127.0.0.1']"
    stubborn = (
        f"import signal, subprocess; subprocess.Popen({serve}); signal.signal(15, lambda *_: exit()); signal.pause()"
    )
    part = Part("stubborn", "", [sys.executable, "-c", stubborn], tmp_path, lambda: listens(port))
    with running(part):
        assert part.process
        (child,) = descendants(part.process)
        if ended_before:
            part.process.terminate()
            part.process.wait()
    assert psutil.wait_procs([child], timeout=10)[1] == []
