"""The report as a reader opens it, from a file, in a real Chromium: wide, narrow, dark, printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.explorer.browsing import CHROMIUM, QUIET, until
from tests.explorer.conftest import HOSTILE, TINY

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.mark.parametrize("name", [TINY, HOSTILE])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_opens_without_a_complaint_and_fits(browser: "Browser", reports: dict[str, Path], name: str, width: int):
    page, wrong = browser.new_page(viewport={"width": width, "height": 800}), []
    page.on("console", lambda said: wrong.append(said.text))
    page.on("dialog", lambda dialog: wrong.append(f"a script ran: {dialog.message}"))
    page.on("request", lambda r: r.url.startswith(("data:", "file:")) or wrong.append(f"elsewhere: {r.url}"))
    page.goto(reports[name].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert wrong == []
    page.close()


def test_an_enclosed_sound_can_be_played(browser: "Browser", reports: dict[str, Path]):
    page = browser.new_page()
    page.goto(reports[TINY].as_uri())
    page.evaluate("document.querySelector('audio').load(); document.querySelector('audio').preload = 'auto'")
    until(page, "document.querySelector('audio').duration > 0.4")
    page.close()


def test_dark_and_printed_it_can_be_read(browser: "Browser", reports: dict[str, Path]):
    page = browser.new_page(color_scheme="dark")
    page.goto(reports[TINY].as_uri())
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 24, 28)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.close()
