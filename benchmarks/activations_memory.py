"""Peak memory of the activations room at 1x and 8x the clips, each in a process of its own."""

import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.workload import network, room, sounds
from dagster_and.dissection import Activations
from dagster_and.targets.hearing.feature_cache import FeatureCache

LIMIT = 1.15


def measure(folder: Path, size: str, clips: int, seconds: float, batch: int) -> str:
    """One line: the ratio of the two peaks."""
    small, large = (peak_mib(folder, size, n, seconds, batch) for n in (clips, 8 * clips))
    verdict = "ok" if large / small <= LIMIT else "OVER THE LIMIT"
    return (
        f"peak memory of the activations room, {size} AST, {8 * clips} / {clips} clips: {large / small:.3f} "
        f"({large:.0f} / {small:.0f} MiB), limit {LIMIT}: {verdict}"
    )


def peak_mib(folder: Path, size: str, clips: int, seconds: float, batch: int) -> float:
    """Largest resident set of a fresh process that runs the room once, in MiB."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.activations_memory",
        str(folder),
        size,
        str(clips),
        str(seconds),
        str(batch),
    ]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


if __name__ == "__main__":
    folder, size, clips, seconds, batch = (
        Path(sys.argv[1]),
        sys.argv[2],
        int(sys.argv[3]),
        float(sys.argv[4]),
        int(sys.argv[5]),
    )
    target = network(folder / size, size)
    features = FeatureCache(folder / "features", target.frontend, seconds)
    settings = Activations(batch_size=batch)
    room(target, sounds(folder / "sounds", clips, seconds), features, settings, folder / f"scratch-{clips}")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
