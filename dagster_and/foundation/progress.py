"""Progress on anything that takes over two seconds."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(items: Iterable[T], label: str, unit: str, total: int | None = None) -> Iterator[T]:
    """Pass ``items`` through, drawing a bar with rate and time left on stderr once two seconds have passed."""
    interval = 0.1 if sys.stderr.isatty() else 10.0
    yield from tqdm(items, desc=label, unit=f" {unit}", total=total, delay=2, mininterval=interval, leave=False)


def say(line: str) -> None:
    """A line on stderr for who waits, above the bars that are drawn there."""
    tqdm.write(line, file=sys.stderr)
