"""How long a size takes on some machines: units of the measured and computed costs, through the simulation.

Stretches follow one another: clips (what cores do with them), forward passes, neurons (the rooms that compare clips,
all of them for one chunk of neurons), cuts, and what does not divide, which one machine does while the others wait. A
machine with a GPU is one worker for forward passes, and as many as it has cores for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.simulation import Cluster, Outcome, drawn, simulate
from benchmarks.sizing import stated
from benchmarks.sizing.inputs import Inputs
from benchmarks.sizing.laws import CUTTING, FORWARD, ITEMS, gpu_s
from benchmarks.sizing.sizes import Size
from dagster_and.method.arrays.batches import CHUNK, CHUNK_VALUES

MACHINES = (1, 8, 64, 256)
CLIPS_A_UNIT, CLIPS_A_BATCH = 256, 16
MOST_UNITS = 20_000
FEWEST_NEURONS_A_UNIT = 8
FEATURE_BYTES = 1024 * 128 * 4
"""What an AST hears of a clip."""
FLOAT = 4


@dataclass(frozen=True)
class Stretch:
    """Units that wait for nothing but a worker: how many, seconds of each on average, bytes that each fetches."""

    name: str
    units: int
    mean_s: float
    unit_bytes: float

    @property
    def total_s(self) -> float:
        """Of one worker that has no overhead and fetches nothing."""
        return self.units * self.mean_s


@dataclass(frozen=True)
class Makespan:
    """Hours of each stretch on so many machines, and all of them."""

    machines: int
    hours: dict[str, float]

    @property
    def all_hours(self) -> float:
        """From start to end."""
        return sum(self.hours.values())


def neurons_a_unit(size: Size) -> int:
    """As the rooms take them, but not fewer than eight: a task of one neuron is over before the next is handed out."""
    return max(FEWEST_NEURONS_A_UNIT, min(CHUNK, CHUNK_VALUES // size.clips))


def forward(inputs: Inputs, size: Size, clips_a_unit: int = CLIPS_A_UNIT) -> Stretch:
    """Forward passes of all clips on GPUs."""
    return _passes("forward", gpu_s(inputs, size)["activations"], size.clips, clips_a_unit)


def forward_on_cores(inputs: Inputs, size: Size) -> Stretch:
    """The same without a GPU, a batch a unit."""
    return _passes("forward", FORWARD.core_s(inputs, size), size.clips, CLIPS_A_BATCH)


def cutting(inputs: Inputs, size: Size, clips_a_unit: int = CLIPS_A_BATCH) -> Stretch:
    """Cuts on GPUs: a batch of clips through all of them, since what lies before a cut is computed once for all."""
    return _passes("cuts", gpu_s(inputs, size)["pruning"], size.held_out, clips_a_unit)


def cutting_on_cores(inputs: Inputs, size: Size) -> Stretch:
    """The same without a GPU, a clip a unit."""
    return _passes("cuts", CUTTING.core_s(inputs, size), size.held_out, 1)


def _passes(name: str, seconds: float, clips: int, clips_a_unit: int) -> Stretch:
    units = -(-clips // clips_a_unit)
    return Stretch(name, units, seconds / units, clips / units * FEATURE_BYTES)


def hearing(inputs: Inputs, size: Size) -> Stretch:
    """What cores do with each clip before a network hears it, and with its caption."""
    clips_a_unit = max(CLIPS_A_BATCH, size.clips // MOST_UNITS)
    seconds = sum(i.core_s(inputs, size) for i in ITEMS if i.divides == "clips" and i is not FORWARD)
    units = -(-size.clips // clips_a_unit)
    return Stretch("clips", units, seconds / units, size.clips / units * size.seconds * 16_000 * 2)


def comparing(inputs: Inputs, size: Size, neurons: int | None = None) -> Stretch:
    """All rooms over neurons, for a chunk of neurons a unit."""
    seconds = sum(item.core_s(inputs, size) for item in ITEMS if item.divides == "neurons")
    units = -(-size.neurons // (neurons or neurons_a_unit(size)))
    return Stretch("neurons", units, seconds / units, size.neurons / units * size.clips * FLOAT)


def undivided_s(inputs: Inputs, size: Size) -> float:
    """Seconds of what one machine does alone, on one core or on all it has."""
    cores = {"not": 1.0, "cores": stated.CORES.value}
    return sum(item.core_s(inputs, size) / cores[item.divides] for item in ITEMS if item.divides in cores)


def run(inputs: Inputs, stretch: Stretch, workers: int, workers_a_machine: int = 1) -> tuple[Outcome, np.ndarray]:
    """The stretch on some workers, with stragglers and failures as stated, and the seconds of its units."""
    seconds = drawn(stretch.units, stretch.mean_s, inputs.sigma)
    cluster = Cluster(
        workers, inputs.units["task_s"], stated.BANDWIDTH.value / workers_a_machine,
        stated.FAILURES.value / workers_a_machine, stated.RESTART_S.value,
        straggling=stated.STRAGGLING.value, slowness=stated.SLOWNESS.value,
    )  # fmt: skip
    return simulate(seconds, cluster, stretch.unit_bytes), seconds


def makespan(inputs: Inputs, size: Size, machines: int, *, has_gpu: bool = True) -> Makespan:
    """Of a whole dissection on machines with a GPU each, or without any."""
    cores = int(stated.CORES.value)
    passes = ((forward, 1), (cutting, 1)) if has_gpu else ((forward_on_cores, cores), (cutting_on_cores, cores))
    hours = {}
    for make, each in ((hearing, cores), passes[0], (comparing, cores), passes[1]):
        stretch = make(inputs, size)
        hours[stretch.name] = run(inputs, stretch, machines * each, each)[0].makespan_s / 3600
    return Makespan(machines, {**hours, "undivided": undivided_s(inputs, size) / 3600})


def efficiencies(inputs: Inputs, stretch: Stretch, workers: Sequence[int], workers_a_machine: int = 1) -> list[float]:
    """Share of the workers' time that goes into the units, for each number of machines."""
    found = []
    for machines in workers:
        outcome, seconds = run(inputs, stretch, machines * workers_a_machine, workers_a_machine)
        found.append(outcome.efficiency(seconds))
    return found
