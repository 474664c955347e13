"""`make bench`: every ratio, one line each, then all rooms at three sizes; exit 1 where one is over its limit."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    activations_memory,
    activations_speed,
    device_speed,
    evidence_speed,
    growth,
    pruning_speed,
    similarity_speed,
)
from benchmarks.pipeline import __main__ as pipeline
from benchmarks.workload import settle_allocator

RATIOS: dict[str, Callable[[Path], str]] = {
    "similarity": lambda _: similarity_speed.measure(neurons=3072, clips=2000, concepts=50, pairs=3),
    "scores": lambda _: evidence_speed.measure(neurons=512, clips=2000, pairs=5),
    "activations-demo": lambda at: activations_speed.measure(at, "demo", clips=240, seconds=2, batch=16, pairs=61),
    "activations-published": lambda at: activations_speed.measure(
        at, "published", clips=6, seconds=5, batch=2, pairs=4
    ),
    "moments-demo": lambda at: activations_speed.measure_moments(at, "demo", clips=240, seconds=2, batch=16, pairs=31),
    "moments-published": lambda at: activations_speed.measure_moments(
        at, "published", clips=6, seconds=5, batch=2, pairs=4
    ),
    "memory-demo": lambda at: activations_memory.measure(at, "demo", clips=100, seconds=2, batch=16),
    "memory-published": lambda at: activations_memory.measure(at, "published", clips=4, seconds=5, batch=2),
    "cuts": lambda _: pruning_speed.cuts_saved(neurons=55_296, concepts=50),
    "growth": lambda at: growth.measure_added(at, clips=2000, added=100),
    "growth-memory": lambda at: growth.measure_memory(at, clips=2000),
    "pruning-demo": lambda at: pruning_speed.measure(at, "demo", clips=40, seconds=2, cuts=12, pairs=7, first_block=0),
    "pruning-demo-late": lambda at: pruning_speed.measure(
        at, "demo", clips=40, seconds=2, cuts=12, pairs=5, first_block=2
    ),
    "pruning-published": lambda at: pruning_speed.measure(
        at, "published", clips=2, seconds=5, cuts=10, pairs=2, first_block=0
    ),
    "device": lambda at: "\n".join(device_speed.measure(at, clips=2048, clips_on_cpu=8, batch=16, pairs=5)),
}
"""What each measures, in a folder that is empty at first; a line or more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks in temporary folders; what all of them say is kept under ``benchmarks/results/``."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Every ratio, one line each, then all rooms at three sizes: half an hour on two idle cores. "
        "Ends with 1 where one is over its limit.",
        epilog="Examples: python -m benchmarks   |   python -m benchmarks --only activations-demo scores",
    )
    parser.add_argument("--only", nargs="+", choices=RATIOS, help="these ratios, and nothing is kept")
    asked = parser.parse_args(arguments).only
    lines: list[str] = []
    settle_allocator()
    with tempfile.TemporaryDirectory() as name:
        for ratio in asked or RATIOS:
            lines.append(RATIOS[ratio](Path(name)))
            print(lines[-1], flush=True)
    if asked:
        return int(any("OVER THE LIMIT" in line for line in lines))
    return pipeline.measure(pipeline.SIZES, lines)


if __name__ == "__main__":
    sys.exit(main())
