"""A copy of the site as files: nothing is missing from it, and it is searched as the server is.

It is opened in a real Chromium, from the disk and from a plain web server.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import duckdb
import pytest
import soundfile

from dagster_and.explorer.site import Site, Written
from dagster_and.explorer.warehouse import Warehouse
from dagster_and.foundation.files import new_folder
from dagster_and.foundation.home import REPOSITORY, Home
from tests.explorer.browsing import Visit, needs_chromium, until
from tests.explorer.conftest import HOSTILE, RATE_HZ, TINY, client_of
from tests.explorer.test_pages import neurons_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LINK = re.compile(r'(?:href|src|action|data-page)="([^"]*)"')


def export(home: Home, folder: Path, **asked) -> Written:
    with Warehouse(home.warehouse).reading() as reader, new_folder(folder) as place:
        return Site(home, reader, place, **asked).write()


@pytest.fixture(scope="session")
def copy(built: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of both dissections, whole; not one to change."""
    folder = tmp_path_factory.mktemp("copies") / "a site's [copy] 100%"
    export(built, folder)
    return folder


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


@needs_chromium
def test_of_a_linked_sound_only_what_was_heard_is_played(home: Home, tmp_path: Path, chromium: "Browser"):
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.execute("update dim_clips set window_s = 0.6")
    export(home, tmp_path / "site", sounds="link", neurons=0)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{(tmp_path / 'site').as_uri()}/d/{TINY}/clips/1.html")
    play = page.get_by_role("button", name="Play")
    for _ in range(2):
        play.click()
        until(page, "document.querySelector('audio').currentTime > 0.5")
        until(page, "document.querySelector('audio').paused")
        assert play.get_attribute("aria-pressed") == "false"
        assert page.evaluate("document.querySelector('audio').currentTime") < 1.5
    context.close()


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


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["the disk", "a web server"])
def opened(request: pytest.FixtureRequest, copy: Path, chromium: "Browser") -> Iterator[Visit]:
    """The copy in a browser: from the disk, and from the web server that comes with Python."""
    context = chromium.new_context()
    server = None
    if request.param == "the disk":
        visit = Visit(context.new_page(), copy.as_uri())
    else:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(copy)))
        Thread(target=server.serve_forever, daemon=True).start()
        visit = Visit(context.new_page(), f"http://127.0.0.1:{server.server_port}")
    yield visit
    context.close()
    if server is not None:
        server.shutdown()
        server.server_close()
    assert visit.complaints == []


def numbers(page: "Page") -> list[int]:
    links = page.evaluate("[...document.querySelectorAll('#results .result')].map((one) => one.getAttribute('href'))")
    return [int(Path(link).stem) for link in links]


@needs_chromium
def test_a_reader_of_a_copy_searches_opens_a_neuron_and_hears_it(opened: Visit):
    page = opened.to("/index.html")
    page.locator(".card", has=page.get_by_role("heading", name=TINY, exact=True)).click()
    page.wait_for_url(f"**/d/{TINY}/index.html")
    page.keyboard.press("/")
    page.keyboard.type("bark")
    page.keyboard.press("Enter")
    page.wait_for_url("**/neurons.html?q=bark")
    until(page, "document.querySelectorAll('#results .result').length === 1")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/neurons/0.html")
    play = page.get_by_role("button", name="Play").first
    play.click()
    until(page, "document.querySelector('audio').currentTime > 0.1")
    assert play.get_attribute("aria-pressed") == "true"
    page.evaluate("document.querySelectorAll('img').forEach((img) => { img.loading = 'eager' })")
    until(page, "[...document.images].every((img) => img.complete)")
    assert page.evaluate("[...document.images].filter((img) => !img.naturalWidth).map((img) => img.src)") == []
    page.get_by_role("link", name="Figures").click()
    page.wait_for_url("**/figures.html")


@needs_chromium
def test_typing_searches_a_copy_and_the_address_brings_the_view_back(opened: Visit):
    page = opened.to(f"/d/{TINY}/neurons.html")
    until(page, "document.querySelectorAll('#results .result').length === 6")
    page.fill("#q", "bark")
    until(page, "document.querySelectorAll('#results .result').length === 1")
    page.wait_for_url("**/neurons.html?q=bark")
    address = page.url
    page.select_option("#verdict", "dead")
    until(page, "document.querySelectorAll('#results .result').length === 0")
    page.go_back()
    until(page, "document.querySelectorAll('#results .result').length === 1")
    assert (page.url, page.input_value("#q"), page.input_value("#verdict")) == (address, "bark", "")
    page.reload()
    until(page, "document.querySelectorAll('#results .result').length === 1")
    assert page.input_value("#q") == "bark"


@needs_chromium
def test_a_copy_is_searched_as_the_server_is(opened: Visit, built: Home):
    asked = ("", "q=BARK+loud", "q=dog", "q=every+clip", "layer=1.head", "verdict=dead", "concept=dog", "concept=rain",
             "q=bark&layer=0.output", "least=0.5", "least=0.8", "least=2", "page=99", "q=%25", "q=o")  # fmt: skip
    with client_of(built) as client:
        for query in asked:
            served = client.get(f"/d/{TINY}/neurons?{query}").text
            page = opened.to(f"/d/{TINY}/neurons.html?{query}")
            until(page, "document.querySelector('#results .count') !== null")
            assert numbers(page) == neurons_of(served), query
            shown = page.evaluate("document.querySelector('#results .count').innerText")
            assert shown in served, query
            lines = page.evaluate("[...document.querySelectorAll('#results .result')].map((one) => one.innerText)")
            stated = re.findall(r'<span class="said[^>]*>(.*?)</span>', served)
            said = [unescape(re.sub("<[^>]*>", "", text)) for text in stated]
            assert [line.splitlines()[0].strip() for line in lines] == said, query


@needs_chromium
@pytest.mark.parametrize("page", ["index.html", "neurons.html", "neurons/0.html", "concepts/0.html", "clips/1.html"])
def test_hostile_text_runs_nothing_in_a_copy(opened: Visit, copy: Path, page: str):
    (of,) = [folder for folder in (copy / "d").iterdir() if folder.name != TINY]
    shown = opened.to(f"/d/{quote(of.name)}/{page}")
    until(shown, "document.readyState === 'complete'")
    shown.wait_for_timeout(200)
    assert shown.locator("h1").count() == 1
    assert HOSTILE in shown.inner_text("header")


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_copy_fits_a_narrow_window(opened: Visit, scheme: str):
    opened.page.set_viewport_size({"width": 420, "height": 900})
    opened.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for address in (f"/d/{TINY}/neurons.html", f"/d/{TINY}/neurons/0.html"):
        page = opened.to(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 420
