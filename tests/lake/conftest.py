"""Lakes of either kind: in a folder, and in a bucket on a real S3 server."""

from pathlib import Path

import pytest

from dagster_and.lake.storage import Folder
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import Table


def content(lake: Lake, table: Table, dissection: str) -> bytes:
    """Of a partition's file."""
    return lake.path(table, dissection).read_bytes()


def overwrite(lake: Lake, table: Table, dissection: str, content: bytes) -> None:
    """As anybody would, past the lake's own guards."""
    name = lake.name(table, dissection)
    if isinstance(lake.storage, Folder):
        lake.storage.fetch(name).parent.mkdir(parents=True, exist_ok=True)
        lake.storage.fetch(name).write_bytes(content)
    else:
        with lake.storage.writing(name) as file:
            file.write_bytes(content)


@pytest.fixture(params=["folder", "bucket"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "folder":
        return Lake(tmp_path / "lake")
    return Lake(request.getfixturevalue("url"), tmp_path)
