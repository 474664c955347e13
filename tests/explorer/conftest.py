"""A home with real sounds, a lake and the warehouse that dbt builds of it; every text that may be hostile is."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from dagster_and.audio.reading import file_sha256
from dagster_and.explorer.app import create_app
from dagster_and.explorer.site import Site, Written
from dagster_and.explorer.warehouse import Warehouse
from dagster_and.foundation.files import new_folder
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    ANSWERS,
    CLIP_CAPTIONS,
    MOMENT_CAPTIONS,
    NEURON_LABELS,
    NEURON_VERDICTS,
    PROBING_CLIPS,
)
from tests.data_tests.conftest import CLIPS, clean_lake
from tests.dbt.conftest import MODELS_ONLY, build, change, plant
from tests.explorer.browsing import CHROMIUM, QUIET

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["clean_lake"]

TINY, HOSTILE = "tiny", "hos'tile & <b>"
SCRIPT = "<script>alert('x')</script>"
TEXT = "\"'><img src=x onerror=alert(1)> {{ 7 * 6 }} \u202egnihton"
RATE_HZ = 16_000


@pytest.fixture(scope="session")
def built(clean_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two dissections; not one to change: copy it."""
    home = Home(tmp_path_factory.mktemp("explorer") / "an owner's [home]")
    lake, folder = Lake(home.lake), home.root / "sounds"
    folder.mkdir(parents=True)
    tones = [220 * 2**i * np.arange(2 * RATE_HZ) / RATE_HZ for i in range(CLIPS)]
    for clip, tone in enumerate(tones):
        soundfile.write(folder / f"{clip}.wav", 0.3 * np.sin(2 * np.pi * tone), RATE_HZ)
    keys = "".join(
        f"update this set path = {_quoted(folder / f'{clip}.wav')}, sha256 = '{file_sha256(folder / f'{clip}.wav')}' "
        f"where clip_id = {clip};" for clip in range(CLIPS)
    )  # fmt: skip
    for name in (TINY, HOSTILE):
        plant(lake, clean_lake, name)
        change(lake, PROBING_CLIPS, name, keys)
    change(lake, PROBING_CLIPS, HOSTILE, f"update this set filename = {_quoted(SCRIPT)} || clip_id, label = '../<b>'")
    change(lake, CLIP_CAPTIONS, HOSTILE, f"update this set caption = {_quoted(TEXT)} where caption is not null")
    change(lake, MOMENT_CAPTIONS, HOSTILE, f"update this set caption = {_quoted(SCRIPT)} where caption is not null")
    change(lake, NEURON_LABELS, HOSTILE, f"update this set label = {_quoted(SCRIPT)}, form = {_quoted(TEXT)} "
           "where label is not null")  # fmt: skip
    change(lake, NEURON_VERDICTS, HOSTILE, f"update this set reason = {_quoted(TEXT)}, statement = {_quoted(SCRIPT)} "
           "where statement is not null")  # fmt: skip
    change(lake, ANSWERS, HOSTILE, f"update this set prompt = {_quoted('</pre>' + SCRIPT)}, answer = {_quoted(TEXT)}")
    build(home, *MODELS_ONLY)
    home.reports.mkdir()
    (home.reports / "a figure.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return home


@pytest.fixture
def home(built: Home, tmp_path: Path) -> Home:
    """A copy to change; its sounds are those of the original."""
    own = Home(tmp_path / "home")
    shutil.copytree(built.root, own.root, ignore=shutil.ignore_patterns("cache"))
    return own


def client_of(home: Home) -> TestClient:
    """The server of a home, as a browser on this machine sees it."""
    return TestClient(create_app(home), base_url="http://127.0.0.1", raise_server_exceptions=True)


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    """That of the copy."""
    with client_of(home) as client:
        yield client


def export(home: Home, folder: Path, **asked) -> Written:
    with Warehouse(home.warehouse).reading() as reader, new_folder(folder) as place:
        return Site(home, reader, place, **asked).write()


@pytest.fixture(scope="session")
def copy(built: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of both dissections, whole; not one to change."""
    folder = tmp_path_factory.mktemp("copies") / "a site's [copy] 100%"
    export(built, folder)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"
