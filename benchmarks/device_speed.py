"""The activations room on a GPU against the bare forward loop on it, and against the CPU: the published AST.

``python -m benchmarks.device_speed`` alone prints its lines; without a GPU it says so and measures nothing.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import polars as pl
import torch

from benchmarks.workload import network, room, sounds
from dagster_and.devices.choosing import placement_of
from dagster_and.devices.placement import ON_CPU, Placement
from dagster_and.dissection import Activations, Compute
from dagster_and.dissection.compute import Precision
from dagster_and.foundation.errors import UserError
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.target import Target

LIMIT = 1.25
NOT_MEASURED = "no GPU here: not measured"
SECONDS = 5.0


def measure(folder: Path, clips: int, clips_on_cpu: int, batch: int, pairs: int) -> list[str]:
    """A line a precision, with clips a second and the ratio to the bare loop; or one line where there is no GPU."""
    gpu = placement_of(Compute(device="auto"))
    if gpu.is_cpu:
        return [f"activations room on a GPU: {NOT_MEASURED}"]
    target = network(folder / "published", "published")
    table = sounds(folder / "sounds", clips, SECONDS)
    features = FeatureCache(folder / "features", target.frontend, SECONDS)
    _room(target, table[:clips_on_cpu], features, batch, folder)  # also fills the cache
    on_cpu = clips_on_cpu / _seconds(lambda: _room(target, table[:clips_on_cpu], features, batch, folder), ON_CPU)
    lines = []
    for precision in get_args(Precision):
        try:
            placement = placement_of(Compute.model_validate({"device": gpu.device, "precision": precision}))
        except UserError as error:
            lines.append(f"activations room on a GPU: not measured: {error}")
            continue
        lines.append(_line(target.placed(placement), table, features, batch, pairs, folder, on_cpu))
    return lines


def _line(
    target: Target, table: pl.DataFrame, features: FeatureCache, batch: int, pairs: int, folder: Path, on_cpu: float
) -> str:
    placement = target.placement
    largest = _settled_batch(target, table, features, batch, folder)
    inputs = [target.inputs(b).arguments for b in features.batches(table, largest)]  # on the GPU already

    def bare() -> None:
        with placement.forward():
            for arguments in inputs:
                target.model(**arguments)

    def whole() -> None:
        _room(target, table, features, batch, folder)

    bare()
    ratios, seconds = [], []
    for pair in range(pairs):
        first, second = (bare, whole) if pair % 2 else (whole, bare)  # they take turns at going first
        taken = {work: _seconds(work, placement) for work in (first, second)}
        ratios.append(taken[whole] / taken[bare])
        seconds.append((taken[whole], taken[bare]))
    ratio = statistics.median(ratios)
    rate, bare_rate = (table.height / statistics.median(column) for column in zip(*seconds, strict=True))
    verdict = "ok" if ratio <= LIMIT else "OVER THE LIMIT"
    said = f"{min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs; {rate:.0f} and {bare_rate:.0f} clips a second"
    return (
        f"activations room / bare forward loop on {placement.in_words}, published AST, {table.height} clips of "
        f"{SECONDS:g} s, batches of up to {largest}: {ratio:.3f} ({said}, {rate / on_cpu:.0f} times the CPU's "
        f"{on_cpu:.2f} with {torch.get_num_threads()} threads), limit {LIMIT}: {verdict}"
    )


def _room(target: Target, table: pl.DataFrame, features: FeatureCache, batch: int, folder: Path) -> None:
    room(target, table, features, Activations(batch_size=batch), folder / "scratch")


def _settled_batch(target: Target, table: pl.DataFrame, features: FeatureCache, batch: int, folder: Path) -> int:
    """The largest batch that the room comes to; the network has then run, and its libraries are loaded."""
    with _sizes_seen(target) as sizes:
        _room(target, table, features, batch, folder)
    return max(sizes)


@contextmanager
def _sizes_seen(target: Target) -> Iterator[list[int]]:
    sizes: list[int] = []

    def see(_module: object, _inputs: object, named: dict[str, torch.Tensor]) -> None:
        sizes.append(len(named["input_values"]))

    handle = target.model.register_forward_pre_hook(see, with_kwargs=True)
    try:
        yield sizes
    finally:
        handle.remove()


def _seconds(work: Callable[[], None], placement: Placement) -> float:
    """Wall time until the device has done all of it."""
    device = None if placement.is_cpu else torch.get_device_module(placement.device)
    if device is not None:
        device.synchronize()
    began = time.perf_counter()
    work()
    if device is not None:
        device.synchronize()
    return time.perf_counter() - began


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), clips=2048, clips_on_cpu=8, batch=16, pairs=5)
    print("\n".join(found))
    sys.exit(any("OVER" in line for line in found))
