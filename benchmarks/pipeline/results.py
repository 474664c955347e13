"""What was measured, as people read it: a table, a plot, and a file by date under ``benchmarks/results/``."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import matplotlib as mpl

from benchmarks.pipeline.measuring import Room, Run

mpl.use("agg")

KEPT = Path(__file__).parents[1] / "results"
TELLING_S = 5.0
"""A room that takes less at full size isn't judged by its growth: start-up and noise would be."""
TOLERANCE = 1.25
MARKERS = "osD^v<>Px*"
SMALLEST = 0.1
"""What takes less is drawn at the lower edge."""


def table(runs: Sequence[Run]) -> str:
    """Seconds, peak memory and bytes by room and size, as Markdown; a room that grows too fast is named below it."""
    head = ["room", *(f"{what}, {run.share}" for what in ("s", "peak MiB", "MiB kept") for run in runs)]
    rows = [_row(rooms[0].room, rooms) for rooms in zip(*(run.rooms for run in runs), strict=True)]
    whole = [f"{run.seconds:.0f}" for run in runs] + [f"{run.peak_mib:.0f}" for run in runs]
    kept = [f"{sum(room.mib for room in run.rooms):.0f}" for run in runs]
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows, ["**all, start to end**", *whole, *kept]]
    fast = growing_too_fast(runs)
    verdict = (
        f"Faster than neurons x clips: {', '.join(fast)}." if fast else "No room grows faster than neurons x clips."
    )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + f"\n\n{verdict}\n"


def growing_too_fast(runs: Sequence[Run]) -> list[str]:
    """Rooms whose seconds grow by more than the product of neurons and clips does, from the last size but one."""
    if len(runs) < 2:
        return []
    small, large = runs[-2:]
    work = large.neurons * large.clips / (small.neurons * small.clips)
    pairs = zip(small.rooms, large.rooms, strict=True)
    return [
        f"{b.room} ({b.seconds / max(a.seconds, 0.01):.1f} for {work:.1f})"
        for a, b in pairs
        if b.seconds >= TELLING_S and b.seconds > TOLERANCE * work * a.seconds
    ]


def plot(runs: Sequence[Run], file: Path) -> None:
    """Seconds and bytes of every room against size, on logarithmic axes, beside a line that grows like the work."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(12, 7), layout="constrained")
    work = [run.neurons * run.clips for run in runs]
    for axis, what, unit in ((axes[0], "seconds", "seconds"), (axes[1], "mib", "MiB on disk")):
        heights = [[getattr(room, what) for room in run.rooms] for run in runs]
        for index, room in enumerate(runs[-1].rooms):
            dash = "-" if index < 10 else "--"
            values = [max(height[index], SMALLEST) for height in heights]
            axis.plot(work, values, f"{dash}{MARKERS[index % 10]}", color=f"C{index % 10}", label=room.room)
        top = max(heights[-1])
        axis.plot(work, [top * w / work[-1] for w in work], "k:", label="like neurons x clips")
        axis.set(xscale="log", yscale="log", ylabel=unit, ylim=(SMALLEST, None))
        axis.set_xticks(work, [f"{run.share}\n{run.neurons:,} neurons\n{run.clips:,} clips" for run in runs])
        axis.set_xticks([], minor=True)
        axis.grid(alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize=9)
    figure.savefig(file, dpi=120)
    plt.close(figure)


def compared(before: Sequence[Run], after: Sequence[Run]) -> str:
    """Seconds by room before and after and their ratio, size by size, as Markdown."""
    parts = []
    for old, new in zip(before, after, strict=True):
        rows = [
            (b.room, a.seconds, b.seconds)
            for a, b in zip(old.rooms, new.rooms, strict=True)
            if a.seconds + b.seconds > 1
        ]
        rows.append(("**all, start to end**", old.seconds, new.seconds))
        lines = [f"| {name} | {a:.1f} | {b:.1f} | {b / max(a, 0.01):.2f} |" for name, a, b in rows]
        title = f"Size {new.share}: {new.neurons:,} neurons x {new.clips:,} clips"
        memory = f"Peak memory {old.peak_mib:.0f} MiB before, {new.peak_mib:.0f} after."
        head = "| room | s before | s after | after / before |\n| --- | ---: | ---: | ---: |"
        parts.append(f"{title}\n\n{head}\n" + "\n".join(lines) + f"\n\n{memory}\n")
    return "\n".join(parts)


def keep(name: str, text: str, runs: Sequence[Run]) -> Path:
    """Write ``<name>.md`` with its plot and ``<name>.json`` under ``benchmarks/results/``."""
    KEPT.mkdir(exist_ok=True)
    page = KEPT / f"{name}.md"
    plot(runs, page.with_suffix(".png"))
    page.write_text(f"{text}\n![Seconds and bytes of every room against size]({name}.png)\n")
    page.with_suffix(".json").write_text(json.dumps([asdict(run) for run in runs], indent=1) + "\n")
    return page


def _row(name: str, rooms: Sequence[Room]) -> list[str]:
    seconds = [f"{room.seconds:.1f}" for room in rooms]
    return [name, *seconds, *(f"{room.peak_mib:.0f}" for room in rooms), *(f"{room.mib:.1f}" for room in rooms)]
