"""The activations room against the bare forward loop, and with moments against without: the same otherwise, in turn."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from benchmarks.workload import network, room, sounds
from dagster_and.dissection import Activations
from dagster_and.targets.hearing.feature_cache import FeatureCache

LIMIT = 1.15
LIMIT_OF_MOMENTS = 1.10


def measure(folder: Path, size: str, clips: int, seconds: float, batch: int, pairs: int) -> str:
    """One line: the room without moments over the bare loop.

    The two take turns at going first, so that a machine that slows down or speeds up favours neither.
    """
    target = network(folder / size, size)
    table = sounds(folder / "sounds", clips, seconds)
    features = FeatureCache(folder / "features", target.frontend, seconds)
    settings = Activations(batch_size=batch, moments=False)
    inputs = [target.frontend.inputs(b).arguments for b in features.batches(table, batch)]  # also fills the cache

    def bare() -> None:
        with torch.inference_mode():
            for arguments in inputs:
                target.model(**arguments)

    def whole() -> None:
        room(target, table, features, settings, folder / "scratch")

    bare()
    whole()
    ratios = [ratio(whole, bare, swapped=bool(pair % 2)) for pair in range(pairs)]
    what = f"activations room without moments / bare forward loop, {size} AST, {clips} clips of {seconds:g} s"
    return _told(f"{what}, batch {batch}", ratios, LIMIT)


def measure_moments(folder: Path, size: str, clips: int, seconds: float, batch: int, pairs: int) -> str:
    """One line: the room with moments over the room without, as :func:`measure` takes its ratios."""
    target = network(folder / size, size)
    table = sounds(folder / "sounds", clips, seconds)
    features = FeatureCache(folder / "features", target.frontend, seconds)

    def heard(is_timed: bool) -> None:
        room(target, table, features, Activations(batch_size=batch, moments=is_timed), folder / "scratch")

    heard(True)  # also fills the cache
    heard(False)
    ratios = [ratio(lambda: heard(True), lambda: heard(False), swapped=bool(pair % 2)) for pair in range(pairs)]
    what = f"activations room with moments / without, {size} AST, {clips} clips of {seconds:g} s"
    return _told(f"{what}, batch {batch}", ratios, LIMIT_OF_MOMENTS)


def _told(what: str, ratios: Sequence[tuple[float, float]], limit: float) -> str:
    """The median of pairwise ratios, with the smallest and largest."""
    wall, cpu = (sorted(pair[kind] for pair in ratios) for kind in (0, 1))
    verdict = "ok" if statistics.median(wall) <= limit else "OVER THE LIMIT"
    return (
        f"{what}, {torch.get_num_threads()} threads: {statistics.median(wall):.3f} "
        f"({wall[0]:.3f} to {wall[-1]:.3f}, {len(ratios)} pairs; in CPU time {statistics.median(cpu):.3f}), "
        f"limit {limit:.2f}: {verdict}"
    )


def ratio(work: Callable[[], None], base: Callable[[], None], *, swapped: bool) -> tuple[float, float]:
    """``work`` over ``base``, which goes first where they are swapped: by wall time, and by CPU time.

    The second tells how far other processes have a hand in the first.
    """
    if swapped:
        below, above = seconds_of(base), seconds_of(work)
    else:
        above, below = seconds_of(work), seconds_of(base)
    return above[0] / below[0], above[1] / below[1]


def seconds_of(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time and CPU time of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu
