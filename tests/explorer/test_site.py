"""A copy of the site as files: nothing is missing from it, and it says what the server says."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
import soundfile

from dagster_and.foundation.home import REPOSITORY, Home
from tests.explorer.conftest import RATE_HZ, TINY, client_of, export
from tests.explorer.test_pages import neurons_of

LINK = re.compile(r'(?:href|src|action|data-page)="([^"]*)"')


def linked(page: Path) -> Iterator[tuple[str, Path]]:
    for link in LINK.findall(page.read_text()):
        path = unquote(re.sub(r"[?#].*", "", unescape(link)))
        yield link, Path(os.path.normpath(page.parent / path.replace("NUMBER", "0"))) if path else page


def test_every_link_of_a_copy_leads_to_a_file_of_it(copy: Path):
    pages, found = list(copy.rglob("*.html")), set()
    for page in pages:
        for link, target in linked(page):
            assert not re.match(r"[a-z]+:|/", link), (page, link)
            assert target.is_relative_to(copy), (page, link)
            assert target.is_file(), (page, link)
            found.add(target)
    written = {path for path in copy.rglob("*") if path.is_file()}
    assert {path for path in written - found if path.parent.name != "static"} <= {copy / "index.html"}


def test_a_copy_has_a_page_for_everything_that_the_server_has(copy: Path):
    of = copy / "d" / TINY
    assert {path.stem for path in (of / "neurons").glob("*.html")} == set("012345")
    assert {path.stem for path in (of / "clips").glob("*.flac")} == set("012345")
    assert {path.name for path in (of / "concepts").glob("?.html")} == {"0.html", "1.html", "2.html"}
    assert (of / "concepts" / "0.strategy-OCP.html").exists()
    assert (copy / "compare" / TINY).is_dir()
    assert (copy / "figures" / "a figure.png").exists()
    assert "Content-Security-Policy" in (copy / "index.html").read_text()


def test_a_page_of_a_copy_says_what_the_servers_page_says(copy: Path, built: Home):
    def words(text: str) -> str:
        text = re.sub(
            r"(?s)<(nav|form|header|footer).*?</\1>|<noscript>.*?</noscript>|<template.*?</template>", "", text
        )
        return " ".join(re.sub(r"<[^>]*>", " ", text).split())

    with client_of(built) as client:
        for page in ("d/{}/index.html", "d/{}/concepts/0.html", "d/{}/clips/1.html"):
            served = client.get("/" + re.sub(r"(/index)?\.html", "", page).format(TINY)).text
            assert words((copy / page.format(TINY)).read_text()).startswith(words(served)), page


def test_a_neurons_page_holds_those_that_do_the_same(copy: Path, built: Home):
    text = (copy / "d" / TINY / "neurons" / "3.html").read_text()
    with client_of(built) as client:
        expected = neurons_of(client.get(f"/d/{TINY}/neurons/3/alike").text)
    assert expected
    assert [int(number) for number in re.findall(r'class="result" href="(\d+)\.html"', text)] == expected


def test_the_most_trusted_neurons_alone_have_pages_where_that_is_asked_for(built: Home, tmp_path: Path):
    export(built, tmp_path / "site", neurons=2)
    with client_of(built) as client:
        first = neurons_of(client.get(f"/d/{TINY}/neurons").text)[:2]
    of = tmp_path / "site" / "d" / TINY
    assert {int(path.stem) for path in (of / "neurons").glob("*.html")} == set(first)
    text = (of / "index.html").read_text()
    assert "Of 6 neurons the 2 most trusted have a page." in text
    for page in (tmp_path / "site").rglob("*.html"):
        assert all(target.is_file() for link, target in linked(page) if "NUMBER" not in link), page


def test_a_copy_without_neurons_still_has_the_rest(built: Home, tmp_path: Path):
    written = export(built, tmp_path / "site", neurons=0)
    assert not list((tmp_path / "site").rglob("neurons/*.html"))
    assert written.pages > 10


def test_without_sounds_there_are_pictures_and_no_player(built: Home, tmp_path: Path):
    written = export(built, tmp_path / "site", sounds="none")
    page = (tmp_path / "site" / "d" / TINY / "clips" / "1.html").read_text()
    assert ("<audio" in page, 'class="play"' in page, "spectrogram" in page) == (False, False, True)
    assert "It holds no sounds." in page
    assert not list((tmp_path / "site").rglob("*.flac"))
    assert written.sounds == written.without_sound == 0


def test_sounds_can_be_links_to_the_files_that_were_dissected(built: Home, tmp_path: Path):
    export(built, tmp_path / "site", sounds="link")
    link = tmp_path / "site" / "d" / TINY / "clips" / "1.wav"
    assert link.is_symlink()
    assert link.resolve() == (built.root / "sounds" / "1.wav").resolve()
    assert 'src="1.wav#t=0,2"' in (tmp_path / "site" / "d" / TINY / "clips" / "1.html").read_text()


def test_a_copied_sound_is_what_was_heard(copy: Path):
    samples, rate = soundfile.read(copy / "d" / TINY / "clips" / "3.flac")
    assert (rate, len(samples)) == (RATE_HZ, 2 * RATE_HZ)


def test_a_clip_whose_file_is_gone_is_said_to_have_no_sound(home: Home, built: Home, tmp_path: Path):
    sound = built.root / "sounds" / "5.wav"
    kept = sound.rename(sound.with_suffix(".kept"))
    try:
        written = export(home, tmp_path / "site")
    finally:
        kept.rename(sound)
    text = (tmp_path / "site" / "d" / TINY / "clips" / "5.html").read_text()
    assert '<p class="trouble" role="alert">' in text
    assert "<img" not in text
    assert written.without_sound == 2


def test_an_export_that_fails_leaves_nothing(built: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("dagster_and.explorer.site.index", full)
    with pytest.raises(OSError, match="no space left"):
        export(built, tmp_path / "site")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_killed_export_leaves_no_half_site_under_the_wanted_name(built: Home, tmp_path: Path):
    command = [sys.executable, "-c", "from dagster_and.cli import app; app()", "explore", "--export", "site"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(REPOSITORY), "AND_HOME": str(built.root)},
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".*.tmp/index.html")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "site").exists()
