"""The page by date under ``benchmarks/results/``, its figure, and the part of it that docs/scaling.md carries."""

from pathlib import Path

import matplotlib as mpl

from benchmarks.pipeline.results import KEPT
from benchmarks.sizing import tables
from benchmarks.sizing.inputs import Inputs
from benchmarks.sizing.makespans import MACHINES, comparing, efficiencies, forward
from benchmarks.sizing.sizes import AST, SIZES, Size
from dagster_and.foundation.home import REPOSITORY

mpl.use("agg")

DOCUMENT = REPOSITORY / "docs" / "scaling.md"
BEGIN, END = "<!-- python -m benchmarks.sizing writes what follows -->", "<!-- up to here -->"
WORKERS = (1, 4, 16, 64, 256)
CLIPS_A_UNIT, NEURONS_A_UNIT = (16, 256, 4096), (4, 52, 512)
TEN, ALL = (next(s for s in SIZES if s.architecture == AST and s.clips == clips) for clips in (20_000, 2_000_000))


def summary(inputs: Inputs) -> str:
    """What docs/scaling.md carries."""
    return f"""{BEGIN}

**What it takes.** Of one dissection; the first column is the paper's size, which was run
([{inputs.sources[0].removesuffix(".json")}](../benchmarks/results/{inputs.sources[0].removesuffix(".json")}.md)), the others nobody has run.

{tables.takes(inputs)}
**How long it takes.** Machines with one GPU and 16 cores each, stragglers and failures included.

{tables.simulated(inputs)}
**What fits.** A machine has 128 GiB; bold is what takes more than half of that.

{tables.remembered()}
**The simulation against reality.** Units of known length on this repository's own two Dask workers (`deploy/cluster.py`).

{tables.trials(inputs)}
![Share of the workers' time that goes into units](../benchmarks/results/sizing-{inputs.date}.png)

{END}"""


def whole(inputs: Inputs) -> str:
    """The page."""
    return f"""# Sizing, {inputs.date}

`python -m benchmarks.sizing` makes this page from {inputs.sources[0]} (the whole pipeline, run), {inputs.sources[1]}
(units, measured one by one) and what is stated in `benchmarks/sizing/stated.py`. Every line says how it is known: only
the paper's size was **run**; hours on machines are **simulated**; all else is **computed** or counted.

## What it takes

{tables.takes(inputs)}
## How long it takes

{tables.simulated(inputs)}
![Share of the workers' time that goes into units](sizing-{inputs.date}.png)

## What fits

{tables.remembered()}
## Room by room

{tables.laws(inputs)}
## Counting units against the run

At the paper's size both are known. The units take all atoms and concepts that there can be.

{tables.held_against_the_run(inputs)}
## The simulation against reality

{tables.trials(inputs)}
## What was measured

{tables.measured(inputs)}
{tables.bytes_by_table(inputs)}
## What is stated

{tables.parameters()}"""


def plot(inputs: Inputs, file: Path) -> None:
    """Efficiency against machines, a line a size of units: forward passes of all clips, and rooms over neurons."""
    from matplotlib import pyplot as plt

    from benchmarks.sizing import stated

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained", sharey=True)
    cores = int(stated.CORES.value)
    for count, marker in zip(CLIPS_A_UNIT, "osD", strict=True):
        shares = efficiencies(inputs, forward(inputs, ALL, count), WORKERS)
        axes[0].plot(WORKERS, shares, f"-{marker}", label=f"{count:,} clips a unit")
    for count, marker in zip(NEURONS_A_UNIT, "osD", strict=True):
        shares = efficiencies(inputs, comparing(inputs, TEN, count), WORKERS, cores)
        axes[1].plot(WORKERS, shares, f"-{marker}", label=f"{count:,} neurons a unit")
    axes[0].set(title=f"Forward passes on GPUs: {ALL.name}", ylabel="share of the workers' time (simulated)")
    axes[1].set(title=f"Rooms over neurons on {cores} cores a machine: {TEN.name}")
    for axis in axes:
        axis.set(xscale="log", xlabel="machines", ylim=(0, 1.05))
        axis.set_xticks(WORKERS, [str(count) for count in WORKERS])
        axis.set_xticks([], minor=True)
        axis.grid(alpha=0.3)
        axis.legend(loc="lower left")
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
