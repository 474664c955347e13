"""A warehouse in a bucket is shown as it was published last, also what comes while the pages are served."""

import shutil
import time
from pathlib import Path

import pytest

from dagster_and.explorer import app
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import Shared
from deploy import cluster
from tests.explorer.conftest import TINY, client_of

PATIENCE_S = 30


def test_what_another_home_publishes_is_shown_though_the_server_was_away(
    built: Home, s3: cluster.Bucket, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(app, "FOLLOW_EVERY_S", 0.2)
    with client_of(Home(tmp_path / "reader", url)) as client:
        assert client.get("/").status_code == 503
        s3.server.stop()
        time.sleep(1)
        s3.server.start()
        maker = Home(tmp_path / "maker", url)
        maker.root.mkdir()
        shutil.copyfile(built.warehouse, maker.warehouse)
        Shared.of(maker).publish(maker.warehouse)
        deadline = time.monotonic() + PATIENCE_S
        while client.get("/").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert TINY in client.get("/").text
