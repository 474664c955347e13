"""``python -m benchmarks.pipeline``: the whole pipeline at three sizes, room by room; exit 1 where a limit is missed.

python -m benchmarks.pipeline --sizes 1/16                    # one size
python -m benchmarks.pipeline --sizes 1/16 --before v0.3.0    # beside another revision, room by room
"""

import argparse
import datetime
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import warehouse_speed
from benchmarks.pipeline.measuring import Run, run
from benchmarks.pipeline.queries import slowest
from benchmarks.pipeline.results import compared, keep, table
from benchmarks.pipeline.world import NAME, SIZES, Size
from dagster_and.foundation.home import REPOSITORY, Home

LIMIT_S, LIMIT_MIB = 900, 4096
"""For the full size, on two idle cores."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep what was measured."""
    parser = argparse.ArgumentParser(description="The whole pipeline, room by room, at the paper's size and below.")
    parser.add_argument("--sizes", nargs="+", choices=[size.share for size in SIZES], default=[s.share for s in SIZES])
    parser.add_argument("--before", help="a revision of the product to compare with")
    chosen = parser.parse_args(arguments)
    sizes = [size for size in SIZES if size.share in chosen.sizes]
    if chosen.before:
        with _checked_out(chosen.before) as code:
            pairs = [(measured(size, code)[0], measured(size)[0]) for size in sizes]
        before, after = zip(*pairs, strict=True)
        text = f"# Before ({chosen.before}) and after\n\n{compared(before, after)}"
        print(text)
        print(f"kept in {keep(f'{_today()}-against-{chosen.before[:12]}', text, after)}")
        return 0
    return measure(sizes, [])


def measure(sizes: Sequence[Size], ratios: Sequence[str]) -> int:
    """Measure those sizes, print and keep them with ratios measured before; 1 where one is over its limit."""
    runs, lines = zip(*(measured(size) for size in sizes), strict=True)
    lines = [*ratios, *lines]
    text = f"# Speed and memory, {_today()}\n\n{table(runs)}\n" + "\n".join(f"- {line}" for line in lines) + "\n"
    print(text)
    print(f"kept in {keep(_today(), text, runs)}")
    return int(any("OVER" in line for line in lines))


def measured(size: Size, code: Path = REPOSITORY) -> tuple[Run, str]:
    """A run in a temporary home, and a line with its limits and the slowest query on its warehouse; of the smallest
    size a line more, how much one dissection of ten takes in the warehouse.
    """
    with tempfile.TemporaryDirectory(prefix="full-size-") as folder:
        home = Home(Path(folder))
        found = run(home.root, size, code)
        said = f"size {size.share}: {_judged(found)}; {slowest(home.warehouse)}"
        if size == SIZES[0] and code == REPOSITORY:
            said += f"\n- {warehouse_speed.measure(home, NAME, home.root / 'ten')}"
        return found, said


def _judged(found: Run) -> str:
    work = found.neurons * found.clips / (SIZES[-1].neurons * SIZES[-1].clips)
    activations = next(room.seconds for room in found.rooms if room.room == "activations")
    seconds, limit = found.seconds - activations, LIMIT_S * work
    verdict = "ok" if found.share != SIZES[-1].share or (seconds <= limit and found.peak_mib <= LIMIT_MIB) else "OVER"
    return (
        f"all rooms but activations / {limit:.0f} s: {seconds / limit:.2f}, peak memory / {LIMIT_MIB} MiB: "
        f"{found.peak_mib / LIMIT_MIB:.2f}: {verdict}"
    )


def _today() -> str:
    return datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%d")


@contextmanager
def _checked_out(revision: str) -> Iterator[Path]:
    """A revision of this repository in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="before-") as folder:
        code = Path(folder) / "code"
        subprocess.run(["git", "clone", "--quiet", "--shared", REPOSITORY, code], check=True)
        subprocess.run(["git", "-C", code, "checkout", "--quiet", revision], check=True)
        yield code


if __name__ == "__main__":
    sys.exit(main())
