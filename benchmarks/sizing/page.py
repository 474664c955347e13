"""The page by date under ``benchmarks/results/``, its figure, and the part of it that docs/scaling.md carries."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

from benchmarks.pipeline.results import KEPT
from benchmarks.sizing import stated, tables
from benchmarks.sizing.inputs import Inputs
from benchmarks.sizing.makespans import MACHINES, comparing, efficiencies, forward
from benchmarks.sizing.sizes import AST, SIZES
from dagster_and.foundation.home import REPOSITORY

mpl.use("agg")

DOCUMENT = REPOSITORY / "docs" / "scaling.md"
BEGIN, END = "<!-- python -m benchmarks.sizing writes what follows -->", "<!-- up to here -->"
CLIPS_A_UNIT, NEURONS_A_UNIT = (64, 1024, 16_384), (8, 52, 512)
SOME, ALL = (next(s for s in SIZES if s.architecture == AST and s.clips == clips) for clips in (20_000, 2_000_000))
MARKERS = "osD"
Shares = Mapping[str, Sequence[float]]


def shares(inputs: Inputs) -> tuple[Shares, Shares]:
    """Of the workers' time, what goes into units, by their size and for each number of machines.

    First forward passes of all of AudioSet on GPUs, then the rooms over neurons at 20,000 clips, on cores.
    """
    passes = {
        f"{count:,} clips a unit": efficiencies(inputs, forward(inputs, ALL, count), MACHINES) for count in CLIPS_A_UNIT
    }
    rooms = {
        f"{count:,} neurons a unit": efficiencies(
            inputs, comparing(inputs, SOME, count), MACHINES, int(stated.CORES.value)
        )
        for count in NEURONS_A_UNIT
    }
    return passes, rooms


def summary(inputs: Inputs) -> str:
    """What docs/scaling.md carries."""
    run = inputs.sources[0].removesuffix(".json")
    return f"""{BEGIN}

**What it takes**, for one dissection. **Run** was the paper's size
([{run}](../benchmarks/results/{run}.md)), with a network whose forward passes cost next to nothing.

{tables.takes(inputs)}
**How long it takes** on machines with a GPU (in bfloat16) and 16 cores each, stragglers and failures included.

{tables.simulated(inputs)}
![Share of the workers' time that goes into units](../benchmarks/results/sizing-{inputs.date}.png)

**What fits** into 128 GiB: bold is what takes more than half of them.

{tables.remembered()}
**The simulation against reality**: units of known length on two real Dask workers (`deploy/cluster.py`).

{tables.trials(inputs)}
{END}"""


def whole(inputs: Inputs) -> str:
    """The page."""
    passes, rooms = map(tables.unit_sizes, shares(inputs))
    return f"""# Sizing, {inputs.date}

`python -m benchmarks.sizing` makes this page from {inputs.sources[0]} (the whole pipeline, run), {inputs.sources[1]}
(units, measured one by one) and what is stated in `benchmarks/sizing/stated.py`. Every line says how it is known: only
the paper's size was **run**; hours on machines are **simulated**; all else is **computed** or counted.

## What it takes

{tables.takes(inputs)}
## How long it takes

Machines have 16 cores each, and a GPU (in bfloat16) where nothing else is said.

{tables.simulated(inputs)}
## Which size units should have

Forward passes at {ALL.name}, and the rooms over neurons at {SOME.name}, by machines.

{passes}
{rooms}
![Share of the workers' time that goes into units](sizing-{inputs.date}.png)

## What fits

{tables.remembered()}
## Room by room

{tables.laws(inputs)}
## Counting units against the run

At the paper's size both are known. The units take all the atoms that there can be.

{tables.held_against_the_run(inputs)}
## The simulation against reality

{tables.trials(inputs)}
## What was measured

{tables.measured(inputs)}
{tables.bytes_by_table(inputs)}
## What is stated

{tables.parameters()}"""


def plot(inputs: Inputs, file: Path) -> None:
    """Efficiency against machines, a line a size of units."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained", sharey=True)
    for axis, own in zip(axes, shares(inputs), strict=True):
        for (what, values), marker in zip(own.items(), MARKERS, strict=True):
            axis.plot(MACHINES, values, f"-{marker}", label=what)
        axis.set(xscale="log", xlabel="machines", ylim=(0, 1.05))
        axis.set_xticks(MACHINES, [str(count) for count in MACHINES])
        axis.set_xticks([], minor=True)
        axis.grid(alpha=0.3)
        axis.legend(loc="lower left")
    cores = int(stated.CORES.value)
    axes[0].set(title=f"Forward passes on GPUs: {ALL.name}", ylabel="share of the workers' time (simulated)")
    axes[1].set(title=f"Rooms over neurons on {cores} cores a machine: {SOME.name}")
    figure.savefig(file, dpi=120)
    plt.close(figure)


def keep(inputs: Inputs, folder: Path = KEPT) -> Path:
    """Write the page and its figure, named after the newest of what they are made of."""
    page = folder / f"sizing-{inputs.date}.md"
    plot(inputs, page.with_suffix(".png"))
    page.write_text(whole(inputs))
    return page


def put_into(document: Path, inputs: Inputs) -> None:
    """Replace the part of a document between the two marks.

    Raises:
        ValueError: it has no such part.
    """
    text = document.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document} lacks the lines {BEGIN} and {END}")
    document.write_text(before + summary(inputs) + after)
