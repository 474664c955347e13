"""``python -m tests.faults``: what is done to the product, how often, and how it ends; exit 1 where it does not hold.

python -m tests.faults                        # everything, two kinds at a time
python -m tests.faults --kinds kills full     # some kinds
python -m tests.faults --kinds kills --times 5 --seed 7

Disks of a given size are mounted, which needs root. ``FAULTS_CALM`` may name a folder for the home to compare with,
where a later command finds it again.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.faults.kinds import KINDS, trials
from tests.faults.trying import CALM, SEED, Tried


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it, print a line each and a table at the end."""
    parser = argparse.ArgumentParser(description="What is done to the product, how often, and how it ends.")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--times", type=int, help="how often each is tried, in place of its own number")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, help="what each kind may take; one that is over it begins no more")
    parser.add_argument("--to", type=Path, help="a file for the table, in Markdown")
    parser.add_argument("--jobs", type=int, default=2, help="kinds that are tried at once")
    chosen = parser.parse_args(arguments)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-calm-", ignore_cleanup_errors=True) as calm:
        os.environ.setdefault(CALM, calm)  # all compare with one
        spawn = multiprocessing.get_context("spawn")
        # a process for each kind: what one sets, no other sees
        with ProcessPoolExecutor(chosen.jobs, spawn, max_tasks_per_child=1) as jobs:
            begun = {
                name: jobs.submit(trials, name, chosen.times, chosen.seed, chosen.minutes) for name in chosen.kinds
            }
            found = {name: tries.result() for name, tries in begun.items()}
    table = told_as_table(found)
    print(f"\n{table}\n{(time.monotonic() - start) / 60:.0f} minutes")
    if chosen.to:
        chosen.to.write_text(table, encoding="utf-8")
    return int(any(not tried.holds for tries, _ in found.values() for tried in tries))


def told_as_table(found: dict[str, tuple[list[Tried], float]]) -> str:
    """One row a kind: times tried, times it held, seconds; and below what did not hold."""
    lines = ["| kind | tried | held | seconds |", "| --- | ---: | ---: | ---: |"]
    for name, (tries, seconds) in found.items():
        lines.append(f"| {name} | {len(tries)} | {sum(tried.holds for tried in tries)} | {seconds:.0f} |")
    fallen = [tried for tries, _ in found.values() for tried in tries if not tried.holds]
    lines += ["", *(f"- **{tried.kind}: {tried.fault}**: {tried.outcome}" for tried in fallen)]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
