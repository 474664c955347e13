"""A copy of the site in a real Chromium, from the disk and from a plain web server."""

import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

import duckdb
import pytest

from dagster_and.foundation.home import Home
from tests.explorer.browsing import Visit, hears_the_first, needs_chromium, opens_by_keyboard, until
from tests.explorer.conftest import HOSTILE, TINY, client_of, export
from tests.explorer.test_pages import neurons_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


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
    places = (f"**/d/{TINY}/index.html", "**/neurons.html?q=bark", "**/neurons/0.html")
    opens_by_keyboard(page, TINY, "bark", places, "document.querySelectorAll('#results .result').length === 1")
    hears_the_first(page)
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
