"""The pages in a real Chromium: what a reader does with mouse and keys, and that nothing goes beyond this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from dagster_and.foundation.home import REPOSITORY, Home
from tests.explorer.browsing import IS_THERE, Visit, hears_the_first, opens_by_keyboard, until
from tests.explorer.conftest import HOSTILE, TINY

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, IS_THERE]


@pytest.fixture(scope="session")
def server(built: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``dissect explore`` as people start it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from dagster_and.cli import app; app()", "explore", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=tmp_path_factory.mktemp("elsewhere"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "AND_HOME": str(built.root)},
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield base
        process.terminate()
        printed, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert f"The explorer is on {base}" in printed
    assert "Traceback" not in printed


@pytest.fixture
def visit(server: str, chromium: "Browser") -> Iterator[Visit]:
    context = chromium.new_context()
    visit = Visit(context.new_page(), server)
    yield visit
    context.close()
    assert visit.complaints == []


def test_a_reader_searches_opens_a_neuron_and_hears_it(visit: Visit):
    page = visit.to("/")
    opens_by_keyboard(page, TINY, "bark", (f"**/d/{TINY}", "**/neurons?q=bark", "**/neurons/0"))
    play = hears_the_first(page)
    assert page.locator(".playhead").first.is_visible()
    second = page.get_by_role("button", name="Play").nth(1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    until(page, "document.querySelectorAll('audio')[1].currentTime > 0.1")
    assert (play.get_attribute("aria-pressed"), second.get_attribute("aria-pressed")) == ("false", "true")
    until(page, "document.querySelectorAll('audio')[1].ended")
    assert second.get_attribute("aria-pressed") == "false"


def test_the_moment_is_marked_and_plays_and_so_does_the_whole_clip(visit: Visit):
    page = visit.to(f"/d/{TINY}/neurons/2")
    clip = page.locator(".clip").first
    assert "0.50 to 0.70 s" in clip.locator("p.when").inner_text()
    picture, mark = clip.locator(".picture").bounding_box(), clip.locator(".moment rect").bounding_box()
    assert picture is not None
    assert mark is not None
    heard_s = 0.7 / ((mark["x"] + mark["width"] - picture["x"]) / picture["width"])
    assert (mark["x"] - picture["x"]) / picture["width"] * heard_s == pytest.approx(0.5, abs=0.02)
    assert clip.locator(".profile path").get_attribute("d") == "M0 1V0.95H1V0.0H2V1Z"
    play, whole = clip.locator(".play"), clip.locator(".whole")
    page.evaluate("""() => {
        const audio = document.querySelector('audio');
        window.heard = [];
        audio.addEventListener('timeupdate', () => window.heard.push(audio.currentTime));
    }""")
    play.click()
    until(page, "document.querySelector('audio').currentTime > 0.6")
    assert play.get_attribute("aria-pressed") == "true"
    until(page, "document.querySelector('audio').paused")
    assert play.get_attribute("aria-pressed") == "false"
    assert page.evaluate("Math.min(...window.heard)") >= 0.5
    page.evaluate("window.heard = []")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    until(page, "window.heard.some((at) => at > 0 && at < 0.4)")
    assert (play.get_attribute("aria-pressed"), whole.get_attribute("aria-pressed")) == ("false", "true")
    play.click()
    until(page, "document.querySelector('audio').currentTime >= 0.5")
    assert (play.get_attribute("aria-pressed"), whole.get_attribute("aria-pressed")) == ("true", "false")


def test_neurons_that_do_the_same_come_when_the_reader_gets_there(visit: Visit):
    page = visit.to(f"/d/{TINY}/neurons/3")
    page.get_by_role("heading", name="Neurons that do the same").scroll_into_view_if_needed()
    page.locator(".alike .result").first.click()
    page.wait_for_url("**/neurons/*")
    assert not page.url.endswith("/3")


def test_a_click_into_the_spectrogram_plays_from_there(visit: Visit):
    page = visit.to(f"/d/{TINY}/clips/1")
    picture = page.locator(".picture")
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": box["width"] * 0.6, "y": 10})
    until(page, "document.querySelector('audio').currentTime > 1.15")


def test_typing_searches_and_the_address_brings_the_view_back(visit: Visit):
    page = visit.to(f"/d/{TINY}/neurons")
    assert page.locator(".result").count() == 6
    page.fill("#q", "bark")
    until(page, "document.querySelectorAll('.result').length === 1")
    page.select_option("#verdict", "dead")
    until(page, "document.querySelectorAll('.result').length === 0")
    page.wait_for_url("**/neurons?q=bark&verdict=dead")
    page.select_option("#verdict", "")
    page.wait_for_url("**/neurons?q=bark")
    until(page, "document.querySelectorAll('.result').length === 1")
    address = page.url
    page.locator(".result").click()
    page.wait_for_url("**/neurons/0")
    page.go_back()
    until(page, "document.querySelectorAll('.result').length === 1")
    assert page.url == address
    assert page.input_value("#q") == "bark"
    page.reload()
    assert page.input_value("#q") == "bark"
    assert page.locator(".result").count() == 1


@pytest.mark.timeout(180)
def test_a_search_by_meaning_waits_for_its_texts_and_then_shows_what_is_near(visit: Visit):
    page = visit.to(f"/d/{TINY}/neurons")
    page.check("input[value=meaning]")
    page.fill("#q", "a canine")
    page.wait_for_url("**/neurons?q=a%20canine&by=meaning")
    page.wait_for_selector("text=the nearest in meaning first", timeout=150_000)
    assert page.locator(".result").count() > 0


@pytest.mark.parametrize("address", ["", "/neurons", "/neurons/0", "/concepts/0?strategy=OCP", "/clips/1"])
def test_hostile_text_runs_nothing_and_every_picture_is_there(visit: Visit, address: str):
    page = visit.to(f"/d/{HOSTILE}{address}".replace(" ", "%20").replace("<", "%3C").replace("&", "%26"))
    page.evaluate("document.querySelectorAll('img').forEach((img) => { img.loading = 'eager' })")
    until(page, "[...document.images].every((img) => img.complete)")
    assert page.evaluate("[...document.images].filter((img) => !img.naturalWidth).map((img) => img.src)") == []


def test_two_dissections_are_compared_by_keys_alone(visit: Visit):
    page = visit.to(f"/d/{TINY}")
    page.locator(".beside a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare/**")
    page.get_by_role("link", name="dead share").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**measure=dead_share#layers")
    assert page.locator("[aria-current]").first.inner_text() == "dead share"
    page.go_back()
    assert page.locator("[aria-current]").first.inner_text() != "dead share"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comparison_fits_a_narrow_window(visit: Visit, scheme: str):
    visit.page.set_viewport_size({"width": 420, "height": 900})
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = visit.to(f"/compare/{TINY}/{quote(HOSTILE)}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["", "/neurons", "/neurons/0", "/concepts/0", "/clips/1"])
def test_a_narrow_window_has_no_sideways_scrolling(visit: Visit, address: str, scheme: str):
    visit.page.set_viewport_size({"width": 420, "height": 900})
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = visit.to(f"/d/{TINY}{address}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (paper == "rgb(251, 250, 247)") == (scheme == "light")


def test_a_clip_whose_file_is_gone_says_so(visit: Visit, built: Home):
    sound = built.root / "sounds" / "5.wav"
    kept = sound.rename(sound.with_suffix(".kept"))
    try:
        page = visit.to(f"/d/{TINY}/clips/5")
        page.wait_for_selector(".clip .trouble:visible")
    finally:
        Path(kept).rename(sound)
    assert all("404" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


def test_without_scripts_the_browsers_own_player_and_form_do(server: str, chromium: "Browser"):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/d/{TINY}/neurons?q=bark")
    assert page.locator(".result").count() == 1
    assert page.get_by_role("button", name="Search").is_visible()
    page.locator(".result").click()
    page.wait_for_load_state()
    assert page.locator("audio").first.is_visible()
    assert not page.locator(".play").first.is_visible()
    context.close()
