"""``python -m tests.faults``: what is done to the product, how often, and how it ends; exit 1 where it does not hold.

python -m tests.faults                        # everything: half an hour on two idle cores
python -m tests.faults --kinds kills full     # some kinds
python -m tests.faults --kinds kills --times 5 --seed 7

Disks of a given size are mounted, which needs root. ``FAULTS_CALM`` may name a folder for the home to compare with,
where a later command finds it again.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults import buckets, checkpoints, disks, folders, homes, inputs, kills, llm, names, servers, texts
from tests.faults.trying import SEED, Kind, Tried

KINDS: dict[str, tuple[Kind, int]] = {
    "kills": (kills.kills, 50),
    "neighbours": (kills.neighbours, 2),
    "clocks": (kills.clocks, 4),
    "spoilt": (kills.spoilt, 12),
    "held": (kills.held, 1),
    "full": (disks.full, 6),
    "read-only": (disks.read_only, 3),
    "vanished": (disks.vanished, 1),
    "slow": (disks.slow, 2),
    "homes": (homes.homes, 0),
    "inside a home": (homes.insides, 12),
    "sounds": (inputs.sounds, 0),
    "sound folders": (folders.sound_folders, 0),
    "captions": (inputs.captions, 0),
    "dissections": (inputs.dissection_files, 100),
    "dissection texts": (texts.dissection_texts, 0),
    "odd runs": (inputs.dissection_runs, 10),
    "checkpoints": (checkpoints.checkpoints, 0),
    "networks": (checkpoints.networks, 0),
    "llm": (llm.llm, 0),
    "models": (llm.language_models, 0),
    "bucket": (buckets.buckets, 0),
    "outages": (buckets.outages, 2),
    "names": (names.names, 1),
    "dissection names": (names.dissection_names, 0),
    "explorer": (servers.explorer, 10),
}
"""What is done, and how often; 0: all there are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it, print a line each and a table at the end."""
    parser = argparse.ArgumentParser(description="What is done to the product, how often, and how it ends.")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--times", type=int, help="how often each is tried, in place of its own number")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, help="what each kind may take; one that is over it begins no more")
    parser.add_argument("--to", type=Path, help="a file for the table, in Markdown")
    chosen = parser.parse_args(arguments)
    found: dict[str, tuple[list[Tried], float]] = {}
    for name in chosen.kinds:
        kind, times = KINDS[name]
        start = time.monotonic()
        tries: list[Tried] = []
        with tempfile.TemporaryDirectory(prefix=f"faults-{name}-", ignore_cleanup_errors=True) as folder:
            wanted = times if chosen.times is None else chosen.times
            for tried in _each(kind(Path(folder), wanted, random.Random(chosen.seed)), name):
                print(
                    f"{'holds' if tried.holds else 'FALLS'}  {tried.kind}: {tried.fault}: {tried.outcome}", flush=True
                )
                tries.append(tried)
                if chosen.minutes and time.monotonic() - start > chosen.minutes * 60:
                    break
        found[name] = tries, time.monotonic() - start
    table = told_as_table(found)
    print(f"\n{table}")
    if chosen.to:
        chosen.to.write_text(table, encoding="utf-8")
    return int(any(not tried.holds for tries, _ in found.values() for tried in tries))


def _each(tries: Iterator[Tried], name: str) -> Iterator[Tried]:
    """The tries; a command that hangs, or a try that can't be made, is the last of its kind, and has not held."""
    try:
        yield from tries
    except subprocess.TimeoutExpired as hung:
        yield Tried(name, "what came next", False, f"hangs: no end within {hung.timeout:.0f} s")
    except Exception as error:  # whatever it is: the other kinds are tried all the same
        yield Tried(name, "what came next", False, f"could not be tried: {type(error).__name__}: {error}")


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
