"""The sizing as people read it: tables in Markdown, each line with how it is known."""

from collections.abc import Callable, Mapping, Sequence
from math import floor, log10

from benchmarks.sizing import stated
from benchmarks.sizing.inputs import CORES_OF_RUN, Inputs
from benchmarks.sizing.laws import ITEMS, flops, kept_bytes, shard_openings
from benchmarks.sizing.makespans import MACHINES, makespan
from benchmarks.sizing.memory import GIB, HELD, fits
from benchmarks.sizing.money import CAPPED, asking, compute_usd, core_hours, disk_usd, gpu_hours
from benchmarks.sizing.sizes import PAPER, SIZES, Size

HOUR = 3600.0
PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z")
MANY_CLIPS = 1_000_000
SIMULATED = tuple(size for size in SIZES if size.clips > PAPER.clips)
WITHOUT_GPUS = tuple(size for size in SIMULATED if size.clips < MANY_CLIPS)
VALIDATED = (("closed_concepts", "concept_predictions"), ("labels", "labelling"), ("evidence", "description_scores"))


def about(number: float) -> str:
    """Two digits that count, with commas where there are many before the point."""
    if number == 0:
        return "0"
    rounded = round(number, 1 - floor(log10(abs(number))))
    return f"{rounded:,.{max(0, 1 - floor(log10(abs(rounded))))}f}"


def prefixed(number: float, unit: str) -> str:
    """Two digits with the unit's prefix: 440 GB."""
    step = max(0, floor(log10(number) / 3)) if number else 0
    said = about(number / 1000**step)
    if said == "1,000":
        step, said = step + 1, "1.0"
    return f"{said} {PREFIXES[step]}{unit}".rstrip()


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table; numbers to the right from column ``left`` on."""
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *rows)) + "\n"


def takes(inputs: Inputs) -> str:
    """What each size takes, a line a quantity."""

    def line(what: str, known: str, of: Callable[[Size], str]) -> list[str]:
        return [what, known, *map(of, SIZES)]

    def dollars(of: Callable[[Size], float]) -> Callable[[Size], str]:
        return lambda size: about(of(size))

    def once(what: str, said: str) -> list[str]:
        return [what, "run", f"**{said}**", *[""] * (len(SIZES) - 1)]

    run = inputs.run
    rows = [
        once("hours of two cores, all rooms", about(run["seconds"] / HOUR)),
        once("most memory", prefixed(run["peak_mib"] * 2**20, "B")),
        once("all that is kept", prefixed(sum(own["mib"] for own in run["rooms"]) * 2**20, "B")),
        line("neurons", "counted", lambda size: f"{size.neurons:,}"),
        line("`activations`, and as much in shards (without moments)", "computed",
             lambda s: prefixed(s.neurons * s.clips * 4, "B")),
        line("openings of a shard, to put it together", "computed", lambda s: prefixed(shard_openings(s), "")),
        line("all that is kept", "computed: run x law", lambda s: prefixed(sum(kept_bytes(inputs, s).values()), "B")),
        line(
            "FLOPs of activations", "counted a clip, x clips",
            lambda size: prefixed(flops(inputs, size)["activations"], "FLOP"),
        ),
        line("FLOPs of cuts", "computed", lambda size: prefixed(flops(inputs, size)["pruning"], "FLOP")),
        line("GPU hours, bfloat16", "computed: stated peak x utilisation", lambda s: about(gpu_hours(inputs, s))),
        line(
            "GPU hours, float32 (the default)", "computed: stated peak x utilisation",
            lambda size: about(gpu_hours(inputs, size, stated.PEAK_FLOPS_FLOAT32)),
        ),
        line(
            "core hours without forward passes", "computed: run x law, unit x count",
            lambda size: about(core_hours(inputs, size, has_gpu=True)),
        ),
        line(
            "core hours, all on CPUs", "computed: unit x count",
            lambda size: about(core_hours(inputs, size, has_gpu=False)),
        ),
        line("calls of an LLM, all neurons", "computed: at most", lambda s: prefixed(asking(inputs, s).calls, "")),
        line(
            "their tokens, asked and answered", "measured prompts x calls",
            lambda size: " + ".join(
                prefixed(tokens, "")
                for tokens in (asking(inputs, size).prompt_tokens, asking(inputs, size).answer_tokens)
            ),
        ),
        line("USD for them, live", "computed: stated price", dollars(lambda size: asking(inputs, size).usd)),
        line("USD by batch", "computed: stated price", dollars(lambda size: asking(inputs, size).usd_by_batch)),
        line(
            f"USD by batch, {CAPPED} neurons a layer", "computed: stated price",
            dollars(lambda size: asking(inputs, size, CAPPED).usd_by_batch),
        ),
        line("USD for GPUs and cores", "computed: stated price", dollars(lambda size: compute_usd(inputs, size))),
        line("USD a month for disks", "computed: stated price", dollars(lambda size: disk_usd(inputs, size))),
    ]  # fmt: skip
    return markdown(["", "known", *(size.name for size in SIZES)], rows, left=2)


def simulated(inputs: Inputs) -> str:
    """Hours from start to end by machines, a line a size and number of machines."""
    rows = []
    for size, has_gpu in (*((size, True) for size in SIMULATED), *((size, False) for size in WITHOUT_GPUS)):
        found = [makespan(inputs, size, machines, has_gpu=has_gpu) for machines in MACHINES]
        name = size.name if has_gpu else f"{size.name}, no GPU"
        for one in found:
            hours = [about(own) for own in one.hours.values()]
            speed = about(found[0].all_hours / one.all_hours)
            rows.append([name, "simulated", str(one.machines), *hours, f"**{about(one.all_hours)}**", speed])
    names = makespan(inputs, PAPER, 1).hours
    return markdown(["", "known", "machines", *(f"{n}, h" for n in names), "all, h", "times as fast"], rows, left=2)


def unit_sizes(shares: Mapping[str, Sequence[float]]) -> str:
    """Share of the workers' time that goes into units, by their size and the machines."""
    rows = [[what, "simulated", *(f"{share:.2f}" for share in own)] for what, own in shares.items()]
    return markdown(["share of the workers' time in units", "known", *map(str, MACHINES)], rows, left=2)


def remembered() -> str:
    """Memory by room; bold where it does not fit."""

    def cell(held, size: Size) -> str:
        said = f"{about(held.bytes_of(size) / GIB)}"
        return said if fits(held, size) else f"**{said}**"

    rows = [
        [f"`{held.room}`" if " " not in held.room else held.room, held.what, "computed",
         *(cell(held, size) for size in SIMULATED), held.instead]
        for held in HELD
    ]  # fmt: skip
    head = ["room", "what, in GiB", "known", *(size.name for size in SIMULATED), "where it does not fit"]
    return markdown(head, rows, left=3)


def laws(inputs: Inputs) -> str:
    """Core hours by room and what it does, with the law and how it divides."""
    rows = [
        [f"`{item.room}`", item.what, item.law, item.divides, item.known,
         *(about(item.core_s(inputs, size) / HOUR) for size in SIZES)]
        for item in ITEMS
    ]  # fmt: skip
    head = ["room", "what", "grows with", "divides by", "known", *(f"core h, {size.name}" for size in SIZES)]
    return markdown(head, rows, left=5)


def held_against_the_run(inputs: Inputs) -> str:
    """What the units say of the paper's size, over what the run took: how far counting units can be trusted."""
    rows = []
    for room, step in VALIDATED:
        item = next(one for one in ITEMS if one.room == room and one.what == step)
        units, run = item.core_s(inputs, PAPER), inputs.step_s(step) * CORES_OF_RUN
        rows.append([f"`{step}`", about(run), about(units), f"{units / run:.1f}" if run else "not in the run"])
    return markdown(["step", "core s, run", "core s, unit x count", "ratio"], rows)


def parameters() -> str:
    """What is stated rather than measured."""
    rows = [[own.what, f"{own.value:,g}", own.source] for own in stated.ALL.values()]
    return markdown(["stated", "value", "source"], rows)


def measured(inputs: Inputs) -> str:
    """What was measured, unit by unit."""
    units = inputs.units
    rows = [
        ["published AST, a clip on a core", f"{about(units['forward']['clip_s'])} s"],
        ["features of 10 s of sound, a clip", f"{about(1e3 * units['forward']['features_clip_s'])} ms"],
        ["a text by MiniLM", f"{about(1e3 * units['per_text_s'])} ms"],
        ["a sentence in a run of K-means", f"{about(1e6 * inputs.per_sentence_s)} µs"],
        ["a shard opened and a piece taken", f"{about(1e6 * units['shard_opening_s'])} µs"],
        ["a Dask task that does nothing", f"{about(1e3 * units['task_s'])} ms"],
        ["spread of units: deviation of the logarithm", f"{inputs.sigma:.2f}"],
    ]
    for name, own in units["architectures"].items():
        rows.append([
            f"{name}: parameters, FLOPs a clip",
            f"{prefixed(own['parameters'], '')}, {prefixed(own['flops'], 'FLOP')}",
        ])  # fmt: skip
    for task, own in units["asking"].items():
        rows.append([f"`{task}`: bytes asked, answered", f"{about(own['prompt_bytes'])}, {about(own['answer_bytes'])}"])
    steps = next(iter(units["per_value_s"].values()))
    for step in steps:
        costs = ", ".join(
            f"{about(1e9 * own[step])} at {int(clips):,}" for clips, own in units["per_value_s"].items()
        )  # fmt: skip
        rows.append([f"`{step}`, ns a value, by clips", costs])
    return markdown(["measured", ""], rows)


def bytes_by_table(inputs: Inputs) -> str:
    """Rows and bytes a row of every table of the dissection whose units were measured."""
    rows = [
        [f"`{name}`", f"{own['rows']:,}", about(own["bytes"] / max(own["rows"], 1))]
        for name, own in inputs.units["tables"].items()
    ]
    return markdown([f"table of {inputs.units['dissection']}", "rows", "bytes a row"], rows)


def trials(inputs: Inputs) -> str:
    """The simulation against real workers."""
    rows = [
        [
            f"{own['units']} units on two workers" + (", one killed" if own["is_killed"] else ""),
            f"{own['predicted_s']:.1f}", f"{own['measured_s']:.1f}", f"{own['measured_s'] / own['predicted_s']:.2f}",
        ]
        for own in inputs.units["trials"]
    ]  # fmt: skip
    return markdown(["real Dask workers", "s, simulated", "s, run", "run / simulated"], rows)
