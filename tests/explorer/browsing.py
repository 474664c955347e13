"""A page in a real Chromium, and everything that goes wrong on it."""

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

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


def until(page: "Page", holds: str) -> None:
    """Wait for it; playwright's own way of waiting would have the page evaluate a string, which its policy forbids."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(holds):
        assert time.monotonic() < deadline, f"it never came: {holds}"
        page.wait_for_timeout(50)
