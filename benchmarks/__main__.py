"""`make bench`: every ratio, one line each, then all rooms at three sizes; exit 1 where one is over its limit."""

import sys
import tempfile
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


def main() -> int:
    """Run all benchmarks in temporary folders; what they say is kept under ``benchmarks/results/``."""
    lines: list[str] = []
    settle_allocator()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for line in (
            lambda: similarity_speed.measure(neurons=3072, clips=2000, concepts=50, pairs=3),
            lambda: evidence_speed.measure(neurons=512, clips=2000, pairs=5),
            lambda: activations_speed.measure(folder, "demo", clips=240, seconds=2, batch=16, pairs=61),
            lambda: activations_speed.measure(folder, "published", clips=6, seconds=5, batch=2, pairs=4),
            lambda: activations_speed.measure_moments(folder, "demo", clips=240, seconds=2, batch=16, pairs=31),
            lambda: activations_speed.measure_moments(folder, "published", clips=6, seconds=5, batch=2, pairs=4),
            lambda: activations_memory.measure(folder, "demo", clips=100, seconds=2, batch=16),
            lambda: activations_memory.measure(folder, "published", clips=4, seconds=5, batch=2),
            lambda: pruning_speed.cuts_saved(neurons=55_296, concepts=50),
            lambda: growth.measure_added(folder, clips=2000, added=100),
            lambda: growth.measure_memory(folder, clips=2000),
            lambda: pruning_speed.measure(folder, "demo", clips=40, seconds=2, cuts=12, pairs=7, first_block=0),
            lambda: pruning_speed.measure(folder, "demo", clips=40, seconds=2, cuts=12, pairs=5, first_block=2),
            lambda: pruning_speed.measure(folder, "published", clips=2, seconds=5, cuts=10, pairs=2, first_block=0),
            lambda: "\n".join(device_speed.measure(folder, clips=2048, clips_on_cpu=8, batch=16, pairs=5)),
        ):
            lines.append(line())
            print(lines[-1], flush=True)
    return pipeline.measure(pipeline.SIZES, lines)


if __name__ == "__main__":
    sys.exit(main())
