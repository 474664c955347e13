"""``dissect run`` with its lake in a bucket: the same tables in whichever home, and through an outage of the server."""

import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dagster_and.lake.storage import Bucket
from dagster_and.lake.tables import ACTIVATIONS
from deploy import cluster
from tests.end_to_end.conftest import House, Run, finish
from tests.same_tables import compare, tables

pytestmark = [pytest.mark.timeout(1500), pytest.mark.slow]
OUTAGE_S = 10


@dataclass(frozen=True)
class Remote:
    """A lake in a bucket, and the home that has dissected into it."""

    house: House
    url: str
    run: Run


@pytest.fixture(scope="module")
def remote(s3: cluster.Bucket, tmp_path_factory: pytest.TempPathFactory) -> Remote:
    """After one run, in the midst of which the server was gone for seconds."""
    url = s3.url("end-to-end")
    house = House(tmp_path_factory.mktemp("remote"), url)
    house.add("tiny")
    start = time.monotonic()
    process = house.start("run", "tiny")
    assert process.stdout is not None
    before = []
    for line in process.stdout:
        before.append(line)
        if "clip_acoustics" in line:
            break
    s3.server.stop()
    time.sleep(OUTAGE_S)
    s3.server.start()
    printed = "".join(before) + finish(process)
    return Remote(house, url, Run(process.returncode, printed, time.monotonic() - start))


def test_a_run_outlives_a_server_that_is_gone_for_seconds(remote: Remote):
    assert remote.run.code == 0, remote.run.printed
    assert f"Lake       {remote.url}" in remote.run.printed


def test_the_tables_are_those_of_a_lake_in_a_folder(remote: Remote, house: House, first_run: Run):
    here, there = house.tables("tiny"), remote.house.tables("tiny")
    assert here.keys() == there.keys()
    for name, frame in here.items():
        assert_frame_equal(frame, there[name])
    assert not remote.house.home.lake.exists()


def test_the_marts_are_those_of_a_lake_in_a_folder(remote: Remote, house: House, first_run: Run):
    here, there = dict(tables(house.home)), dict(tables(remote.house.home))
    assert here.keys() == there.keys()
    for name, frame in here.items():
        if name.startswith("main.") and "dissection" in frame.columns:
            own = frame.filter(pl.col("dissection") == "tiny")
            assert compare(name, own, there[name], 1e-9).is_equal, name


def test_another_home_has_the_warehouse_by_asking_for_it(remote: Remote, tmp_path: Path):
    other = House(tmp_path / "other", remote.url)
    asked = other.dissect("sql", "select count(*) as counted_neurons from dim_neurons")
    assert asked.code == 0, asked.printed
    assert "counted_neurons" in asked.printed
    assert "106" in asked.printed


def test_another_home_goes_on_where_the_first_stopped_and_hears_nothing_twice(remote: Remote, tmp_path: Path):
    """Of all tables one is gone, that of the activations; network, activations by clip and vectors are in the lake."""
    lake, before = remote.house.lake, remote.house.tables("tiny")
    state = lake.state(["tiny"])["tiny"]
    assert isinstance(lake.storage, Bucket)
    lake.storage.remove(lake.name(ACTIVATIONS, "tiny"))
    other = House(tmp_path / "other", remote.url)
    other.add("tiny")
    run = other.dissect("run", "tiny")
    assert run.code == 0, run.printed
    assert lake.state(["tiny"])["tiny"] == state  # one is made anew, with the same content; no other is touched
    assert_frame_equal(other.tables("tiny")["activations"], before["activations"])
    assert not (other.home.cache / "features").exists()
    (network,) = other.home.checkpoints.glob("[!.]*")
    made = remote.house.home.checkpoints / network.name
    assert (network / "training.json").read_bytes() == (made / "training.json").read_bytes()
    assert (network / "model.safetensors").stat().st_mtime == pytest.approx(
        (made / "model.safetensors").stat().st_mtime, abs=1
    )  # unpacked, not trained
