"""A page in a real Chromium, and everything that goes wrong on it."""

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_S = 30
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
IS_THERE = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")


def needs_chromium(test):
    """Marks a test as one that does."""
    return pytest.mark.slow(IS_THERE(test))


@dataclass
class Visit:
    """A page, and everything that went wrong on it or went elsewhere."""

    page: "Page"
    base: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda r: r.url.startswith(self.base) or self.complaints.append(f"elsewhere: {r.url}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"a script ran: {dialog.message}"))

    def to(self, address: str) -> "Page":
        self.page.goto(f"{self.base}{address}")
        return self.page


def opens_by_keyboard(
    page: "Page", dissection: str, asked: str, places: tuple[str, str, str], found: str = "true"
) -> None:
    """From the first page to the first neuron of a search, without a mouse.

    Args:
        page: that shows all dissections.
        dissection: its name.
        asked: what is typed.
        places: patterns of the addresses on the way: of the dissection, of what is found, of the neuron.
        found: what holds once it is found.
    """
    page.locator(".card", has=page.get_by_role("heading", name=dissection, exact=True)).click()
    page.wait_for_url(places[0])
    page.keyboard.press("/")
    page.keyboard.type(asked)
    page.keyboard.press("Enter")
    page.wait_for_url(places[1])
    until(page, found)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(places[2])


def hears_the_first(page: "Page") -> "Locator":
    """The first player's button, once it plays."""
    play = page.get_by_role("button", name="Play").first
    play.click()
    until(page, "document.querySelector('audio').currentTime > 0.1")
    assert play.get_attribute("aria-pressed") == "true"
    return play


def until(page: "Page", holds: str) -> None:
    """Wait for it; playwright's own way of waiting would have the page evaluate a string, which its policy forbids."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(holds):
        assert time.monotonic() < deadline, f"it never came: {holds}"
        page.wait_for_timeout(50)
