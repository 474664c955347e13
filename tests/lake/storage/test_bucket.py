"""A lake in a bucket, on a real S3 server: what holds without a lock, and when the server goes away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import polars as pl
import pyarrow as pa
import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.storage import Bucket
from dagster_and.lake.storage.server import opened
from dagster_and.lake.storage.versions import PART_BYTES, etag_of
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ACTIVATIONS, CONCEPTS
from deploy import cluster

OUTAGE_S = 10


def concepts(word: str, count: int = 500) -> pl.DataFrame:
    return pl.DataFrame({"concept_id": range(count), "concept": [word] * count, "label": [None] * count})


def rows(number: int, neurons: int, clips: int) -> Iterator[pa.RecordBatch]:
    """``neurons`` neurons, each in a batch of its own, of which every activation is ``number``."""
    zeros = dict.fromkeys(("mean", "standard_deviation", "minimum", "maximum"), 0.0)
    for neuron in range(neurons):
        row = {"neuron_id": neuron, "activation": [float(number)] * clips, **zeros}
        yield pa.RecordBatch.from_pylist([row], schema=ACTIVATIONS.schema)


@pytest.fixture
def lake(url: str, tmp_path: Path) -> Lake:
    return Lake(url, tmp_path)


@pytest.fixture
def bucket(lake: Lake) -> Bucket:
    assert isinstance(lake.storage, Bucket)
    return lake.storage


def test_an_object_is_fetched_once_a_version(lake: Lake, url: str, tmp_path: Path):
    Lake(url, tmp_path / "elsewhere").write(CONCEPTS, "a", concepts("dog"), Stamp("k", {}))
    first = lake.path(CONCEPTS, "a")
    facts = first.stat()
    assert lake.path(CONCEPTS, "a") == first
    assert first.stat() == facts
    Lake(url, tmp_path / "elsewhere").write(CONCEPTS, "a", concepts("cat"), Stamp("k", {}))
    assert lake.path(CONCEPTS, "a") != first
    assert first.exists()  # somebody may be reading it
    assert lake.read(CONCEPTS, "a")["concept"].unique().to_list() == ["cat"]


def test_what_is_written_is_not_fetched_again_by_its_writer(bucket: Bucket, lake: Lake):
    lake.write(CONCEPTS, "a", concepts("dog"), Stamp("k", {}))
    kept = [path for path in bucket.cache.rglob("*") if path.is_file()]
    lake.path(CONCEPTS, "a")
    assert [path for path in bucket.cache.rglob("*") if path.is_file()] == kept


def test_a_stamp_is_read_from_the_footer_alone(lake: Lake, url: str, tmp_path: Path):
    Lake(url, tmp_path / "elsewhere").write(ACTIVATIONS, "a", rows(1, 4, 200_000), Stamp("k", {}))
    assert lake.stamp(ACTIVATIONS, "a") == Stamp("k", {})
    assert lake.rows(ACTIVATIONS, "a") == 4
    assert sum(path.stat().st_size for path in tmp_path.joinpath("cache").rglob("*") if path.is_file()) < 100_000


@pytest.mark.parametrize("size", [0, 1000, 2 * PART_BYTES - 1, 2 * PART_BYTES, 2 * PART_BYTES + 1])
def test_a_version_is_known_before_the_server_names_it(bucket: Bucket, tmp_path: Path, size: int):
    """So the writer may keep what it wrote, and an upload that arrived changed is noticed."""
    file = tmp_path / "file"
    file.write_bytes(os.urandom(size))
    assert bucket.put(file, "file") == f"{size} {etag_of(file)}"


def test_writers_never_mix_and_a_reader_gets_one_of_them_whole(url: str, tmp_path: Path):
    done = Event()

    def write(word: str) -> None:
        own = Lake(url, tmp_path / word)
        for turn in range(8):
            own.write(CONCEPTS, "a", concepts(f"{word} {turn}"), Stamp(f"{word} {turn}", {}))

    def read() -> int:
        own, seen = Lake(url, tmp_path / "reader"), 0
        while not done.is_set():
            words = own.read(CONCEPTS, "a")["concept"]
            assert len(words) == 500
            assert words.n_unique() == 1
            seen += 1
        return seen

    write("first")
    with ThreadPoolExecutor(3) as threads:
        reader = threads.submit(read)
        for writer in [threads.submit(write, word) for word in ("dog", "rain")]:
            writer.result()
        done.set()
        assert reader.result() > 0
    last = Lake(url, tmp_path / "reader")
    stamp = last.stamp(CONCEPTS, "a")
    assert stamp is not None
    assert last.read(CONCEPTS, "a")["concept"].unique().to_list() == [stamp.key]


WRITER = """
import sys
from pathlib import Path
from dagster_and.lake.storage import versions
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ACTIVATIONS
from tests.lake.storage.test_bucket import rows
versions.PART_BYTES = 5 << 20
Lake(sys.argv[1], Path(sys.argv[2])).write(ACTIVATIONS, "a", rows(2, 60, 1_000_000), Stamp("new", {}))
"""


def uploads(url: str) -> list[dict]:
    """Those in parts that have begun, of keys within the lake."""
    files, path = opened(url, os.getpid())
    name, _, prefix = path.partition("/")
    return files.call_s3("list_multipart_uploads", Bucket=name, Prefix=prefix).get("Uploads", [])


def test_a_writer_killed_while_it_uploads_leaves_the_last_good_table(lake: Lake, url: str, tmp_path: Path):
    lake.write(ACTIVATIONS, "a", rows(1, 2, 10), Stamp("old", {}))
    arguments = [sys.executable, "-c", WRITER, url, str(tmp_path / "writer")]
    writer = subprocess.Popen(arguments, cwd=REPOSITORY, start_new_session=True)
    deadline = time.monotonic() + 120
    while not uploads(url) and writer.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    was_running = writer.poll() is None
    os.killpg(writer.pid, signal.SIGKILL)
    writer.wait()
    assert was_running
    assert uploads(url), "it was killed within an upload"
    assert lake.stamp(ACTIVATIONS, "a") == Stamp("old", {})
    assert lake.read(ACTIVATIONS, "a")["activation"].explode().unique().to_list() == [1.0]
    lake.write(ACTIVATIONS, "a", rows(3, 2, 10), Stamp("next", {}))
    assert lake.stamp(ACTIVATIONS, "a") == Stamp("next", {})


@pytest.mark.slow
def test_a_server_that_is_gone_for_seconds_is_waited_for(s3: cluster.Bucket, lake: Lake):
    lake.write(CONCEPTS, "a", concepts("before"), Stamp("before", {}))
    s3.server.stop()
    with ThreadPoolExecutor(3) as threads:
        begun = time.monotonic()
        written = threads.submit(lake.write, CONCEPTS, "b", concepts("meanwhile"), Stamp("k", {}))
        pieces = threads.submit(lake.pieces, CONCEPTS, "a")
        read = threads.submit(lake.read, CONCEPTS, "a")
        time.sleep(OUTAGE_S)
        assert not written.done()
        s3.server.start()
        assert written.result() == 500
        assert read.result()["concept"][0] == "before"
        assert pieces.result()[0].read().num_rows == 500
    assert time.monotonic() - begun > OUTAGE_S
    assert lake.read(CONCEPTS, "b")["concept"].unique().to_list() == ["meanwhile"]


@pytest.mark.parametrize(
    ("variables", "url", "said"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "s3://and/lake", r"s3://and/lake at http://127.0.0.1:\d+ can't be used"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "s3://and/lake", "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "s3://and/lake", r"at http://127.0.0.1:9 can't be used \("),
        ({}, "nothing://a/b", "nothing knows such a URL .*: write s3://bucket/prefix"),
    ],
)  # fmt: skip
def test_a_lake_that_cannot_be_used_is_said_in_a_sentence_at_once(
    s3: cluster.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict, url: str, said: str
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    opened.cache_clear()
    begun = time.monotonic()
    try:
        with pytest.raises(UserError, match=said) as caught:
            Bucket.of(url, tmp_path).check()
    finally:
        opened.cache_clear()
    assert "\n" not in str(caught.value)
    assert time.monotonic() - begun < 30


def test_a_lake_that_can_be_used_is_left_as_it_was(bucket: Bucket):
    bucket.check()
    assert bucket.names("") == []


def test_who_may_only_read_can_ask_for_a_stamp(bucket: Bucket, lake: Lake, monkeypatch: pytest.MonkeyPatch):
    """Nothing is noted then."""
    lake.write(CONCEPTS, "a", concepts("dog"), Stamp("k", {}))
    bucket.remove(".sound/concepts/dissection=a")
    monkeypatch.setattr(opened(bucket.url, os.getpid())[0], "pipe_file", _refuse)
    assert lake.stamp(CONCEPTS, "a") == Stamp("k", {})
    assert bucket.names(".sound") == []


def _refuse(*_: object) -> None:
    raise PermissionError("Access Denied.")
