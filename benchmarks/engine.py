"""``python -m benchmarks.engine``: the rooms that are maps, by this machine's threads, by one Dask worker, and by two.

    python -m benchmarks.engine --sizes 1/16          # one size; by default 1/16 and 1
    python -m benchmarks.engine --home FOLDER --dissection NAME     # on one that has been run in that home

The world is that of benchmarks/pipeline, whose forward passes cost next to nothing. The whole pipeline runs once; then
the tables of these rooms are forgotten and made again by each engine, which has to come to the same tables. A worker
has one thread, so on two idle cores two workers should take half of what one takes.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.pipeline.measuring import run
from benchmarks.pipeline.world import NAME, SIZES
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import TABLES, Table

STEPS = {
    "activations": ("activations",),
    "top_clips": ("top_clips",),
    "concept_predictions": ("concept_predictions",),
    "interpretability_sensitivity": ("interpretability_runs", "interpretability_chance"),
    "labelling": ("neuron_labels", "label_parts"),
    "concept_significance": ("concept_significance",),
    "evident_words": ("evident_words",),
    "half_descriptions": ("half_descriptions",),
    "description_scores": ("description_scores",),
    "pruning_outcomes": ("pruning_outcomes",),
    "ablation_outcomes": ("ablation_outcomes",),
}
"""Tables by the step that makes them."""
MADE = [name for names in STEPS.values() for name in names]
TOLERANCE = 1e-9


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where an engine comes to another table."""
    parser = argparse.ArgumentParser(description="The rooms that are maps, by each engine.")
    parser.add_argument("--sizes", nargs="+", choices=[size.share for size in SIZES], default=["1/16", "1"])
    parser.add_argument(
        "--home", type=Path, help="AND_HOME of a dissection that has been run; its tables are made anew"
    )
    parser.add_argument("--dissection", default=NAME, help="its name")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        asked.child.write_text(json.dumps(made_again(asked.dissection)))
        return 0
    if asked.home:
        return measure(asked.dissection, Home(asked.home.absolute()), asked.dissection)
    different = 0
    for size in (size for size in SIZES if size.share in asked.sizes):
        with tempfile.TemporaryDirectory(prefix="engines-") as folder:
            run(Path(folder), size)
            different += measure(f"size {size.share}", Home(Path(folder)))
    return int(bool(different))


def measure(title: str, home: Home, name: str = NAME) -> int:
    """Print seconds of every step by each engine; returns how many tables differ from those of this machine."""
    lake = Lake(home.lake)
    took = {"local": _by(home, name)}
    before = [lake.read(table, name) for table in _tables()]
    different: list[str] = []
    for workers in (1, 2):
        took[f"{workers} workers"] = _by(home, name, workers)
        pairs = zip(_tables(), before, strict=True)
        different += [f"{t.name} by {workers}" for t, own in pairs if not _alike(own, lake.read(t, name))]
    print(f"\n{title}\n\n{rows_of(took)}\n")
    print(f"other tables: {', '.join(different)}" if different else "every engine came to the same tables")
    return len(different)


def rows_of(took: Mapping[str, Mapping[str, float]]) -> str:
    """Seconds by step and engine, and what a second worker gains."""
    engines = list(took)
    lines = [
        f"| step | {' | '.join(f's, {engine}' for engine in engines)} | one / two |",
        "| --- " + "| ---: " * 4 + "|",
    ]
    rows = {step: [took[engine][step] for engine in engines] for step in STEPS}
    rows["**all**"] = [sum(took[engine].values()) for engine in engines]
    lines += [
        f"| {step} | {' | '.join(f'{seconds:.1f}' for seconds in each)} | {each[1] / max(each[2], 1e-9):.2f} |"
        for step, each in rows.items()
    ]
    return "\n".join(lines)


def _by(home: Home, name: str, workers: int = 0) -> dict[str, float]:
    """Seconds by step, once the tables are forgotten and so are the activations of every clip."""
    from deploy.cluster import dask

    environment = {"PYTHONPATH": str(REPOSITORY)}
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="dask-") as folder:
        address = "local"
        if workers:
            scheduler, parts = stack.enter_context(dask(Path(folder) / "dask", workers, environment))
            _wait_for(scheduler.address, len(parts))
            address = scheduler.address
        shutil.rmtree(home.cache / "shards", ignore_errors=True)
        for table in _tables():
            Lake(home.lake).path(table, name).unlink()
        output = Path(folder) / "steps.json"
        child = [sys.executable, "-m", "benchmarks.engine", "--child", str(output), "--dissection", name]
        told = environment | {"AND_HOME": str(home.root), "AND_SCHEDULER": address}
        done = subprocess.run(child, cwd=REPOSITORY, env=os.environ | told, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{address}: {done.stderr[-3000:]}")
        took = json.loads(output.read_text())
        print(f"{workers or 'no'} workers: {sum(took.values()):.1f} s", flush=True)
        return took


def made_again(dissection: str) -> dict[str, float]:
    """Make what is missing of these steps' tables in this process; seconds by step."""
    from dagster import AssetKey, AssetsDefinition, AssetSelection, DagsterInstance, materialize

    from dagster_and.room_definitions import room_definitions

    defs = room_definitions()
    selection = AssetSelection.assets(*map(AssetKey, MADE)).without_checks()
    rooms = [made for made in defs.assets or () if isinstance(made, AssetsDefinition)]
    with DagsterInstance.ephemeral() as instance:
        result = materialize(
            rooms, selection=selection, resources=defs.resources, partition_key=dissection, instance=instance
        )
        steps = {step.step_key: step for step in instance.get_run_step_stats(result.run_id)}
    return {name: (steps[name].end_time or 0) - (steps[name].start_time or 0) for name in STEPS}


def _tables() -> list[Table]:
    return [table for table in TABLES if table.name in MADE]


def _alike(one, other) -> bool:
    from polars.testing import assert_frame_equal

    try:
        assert_frame_equal(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    except AssertionError:
        return False
    return True


def _wait_for(address: str, workers: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)


if __name__ == "__main__":
    sys.exit(main())
