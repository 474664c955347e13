"""A lake in a bucket: workers fetch what they work on."""

from pathlib import Path

import numpy as np

from dagster_and.dissection import Compute
from dagster_and.engine import HERE, Engine, engine_of
from dagster_and.engine.connecting import disconnect
from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.store import Lake
from dagster_and.method.top_clips.ranking import rank_clips
from deploy.cluster import Bucket, dask
from tests.engine.conftest import Dask
from tests.engine.test_rooms import write


def test_rows_that_lie_in_a_bucket_are_worked_on_by_workers(s3: Bucket, tmp_path: Path):
    lake = Lake(s3.url("engine"), tmp_path / "home")
    write(lake, np.random.default_rng(0).normal(size=(50, 30)).astype(np.float32), 20)

    def ranked(engine: Engine):
        return rank_clips(engine.activations(lake, "tiny", "top clips"), 5)

    environment = {"PYTHONPATH": str(REPOSITORY), **s3.environment}
    with dask(tmp_path / "dask", workers=1, environment=environment) as (scheduler, workers):
        Dask(scheduler, workers).revive()
        assert ranked(engine_of(Compute(engine=scheduler.address), lake)).equals(ranked(HERE))
    disconnect()
