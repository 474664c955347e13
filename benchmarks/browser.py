"""``python -m benchmarks.browser``: how long a reader of the explorer waits, in a real Chromium.

    python -m benchmarks.browser --home FOLDER --dissection NAME     # of one that has been run in that home

Every page is opened some times, each in a context that has cached nothing: the time to the first paint with content. A
search is typed on an open page: the time from the last key to its results, less the quarter of a second that the page
waits for another key. The explorer is a process of its own, as people start it.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from dagster_and.foundation.home import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Found = TypeVar("Found")

LIMIT_PAINT_MS = 1000
LIMIT_SEARCH_MS = 200
TYPING_MS = 250
"""What the page waits for another key before it searches: neurons.html, ``delay``."""
SECONDS_TO_START = 120

PAINTED = """
() => new Promise(found => new PerformanceObserver(list => {
  for (const entry of list.getEntriesByName('first-contentful-paint')) found(entry.startTime);
}).observe({type: 'paint', buffered: true}))
"""
SEARCHED = """
word => new Promise(found => {
  const field = document.querySelector('#q'), results = document.querySelector('#results');
  const seen = new MutationObserver(() => {
    if (!results.querySelector('.count')) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => found(performance.now() - typed)));
  });
  seen.observe(results, {childList: true, subtree: true});
  field.value = word;
  const typed = performance.now();
  field.dispatchEvent(new Event('input', {bubbles: true}));
})
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a median is over its limit."""
    parser = argparse.ArgumentParser(description="How long a reader of the explorer waits, in a real Chromium.")
    parser.add_argument("--home", required=True, help="AND_HOME of a dissection that has been run")
    parser.add_argument("--dissection", required=True, help="its name")
    parser.add_argument("--words", nargs="+", default=["rain", "siren", "loud", "bark", "wind"], help="searched for")
    parser.add_argument("--times", type=int, default=7, help="of each page; the first is told apart")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    asked = parser.parse_args(arguments)
    if asked.chromium is None:
        parser.error("there is no Chromium: apt-get install chromium, or name one with --chromium")
    from playwright.sync_api import sync_playwright

    with serving(asked.home) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=["--no-sandbox", "--disable-gpu"])
        at = f"{base}/d/{quote(asked.dissection)}"
        lines = [
            _line(f"first paint, {what}", painted(browser, place, asked.times), LIMIT_PAINT_MS)
            for what, place in pages(at)
        ]
        lines.append(_line("a search by words", searched(browser, f"{at}/neurons", asked.words), LIMIT_SEARCH_MS))
        by_meaning = f"{at}/neurons?by=meaning&q={quote(asked.words[0])}"
        lines.append(_line("a search by meaning", searched(browser, by_meaning, asked.words[1:]), LIMIT_SEARCH_MS))
        browser.close()
    print("| what a reader waits for | first, ms | median after, ms | limit, ms |\n| --- | ---: | ---: | ---: |")
    print("\n".join(lines))
    return int(any("OVER" in line for line in lines))


def pages(at: str) -> list[tuple[str, str]]:
    """What is opened, and where."""
    return [("overview", at), ("all neurons", f"{at}/neurons"), ("a neuron", f"{at}/neurons/0")]


def painted(browser: "Browser", address: str, times: int) -> list[float]:
    """Milliseconds to the first paint with content, each time in a context that has seen nothing yet."""
    return [_in_a_new(browser, address, lambda page: page.evaluate(PAINTED)) for _ in range(times)]


def searched(browser: "Browser", address: str, words: Sequence[str]) -> list[float]:
    """Milliseconds from each word typed to its first results, less what the page waits for another key."""

    def ask(page: "Page") -> list[float]:
        page.locator("#results .count").wait_for(timeout=600_000)
        return [page.evaluate(SEARCHED, word) - TYPING_MS for word in words]

    return _in_a_new(browser, address, ask)


def _in_a_new(browser: "Browser", address: str, look: "Callable[[Page], Found]") -> Found:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(address)
        return look(page)
    finally:
        context.close()


def _line(what: str, took: Sequence[float], limit: int) -> str:
    first, *rest = took
    median = statistics.median(rest or took)
    over = " OVER THE LIMIT" if median > limit else ""
    return f"| {what} | {first:.0f} | {median:.0f}{over} | {limit} |"


@contextmanager
def serving(home: str) -> Iterator[str]:
    """``dissect explore`` on a free port; where it is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from dagster_and.cli import app; app()", "explore", "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "AND_HOME": home},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        if process.poll() is not None:
            raise RuntimeError(re.sub(r"\s+", " ", process.communicate()[0]))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
