"""By which law each room's work grows, and what that makes at a size: seconds of one core, bytes, memory.

``run x law``: seconds of the run at the paper's size, times the law. ``unit x count``: a unit that was measured at the
size's own number of clips (beyond 200,000: at that), times how many there are. Both are computed, not run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.sizing import stated
from benchmarks.sizing.inputs import CORES_OF_RUN, Inputs
from benchmarks.sizing.sizes import PAPER, Size
from dagster_and.dissection import Activations

Divides = Literal["clips", "neurons", "cuts", "cores", "not"]
"""In units of these, among all machines; among the cores of one; or not at all."""
BENCH_SECONDS = 1.0
"""Of sound that the run heard of each clip."""
RUNS_OF_KMEANS = 26
STRATEGIES, CUTS_ASKED, ABLATIONS = 5, 28, 216
"""Distinct cuts a concept beside random ones; rows of outcomes a concept and clip; cuts of Fig 4."""
CACHED_TEXTS, ENCODING_ROOMS = 300_000, 3
"""Vectors that are kept, and rooms that encode all captions anew where they are more (docs/scaling.md)."""
CLIPS_A_SHARD = 32
BUFFER_BYTES = Activations().buffer_mb << 20
FLOAT = 4
MEASURED_EVIDENCE = ("concept_significance", "description_scores", "evident_words")


@dataclass(frozen=True)
class Item:
    """One thing that a room does: how it grows, in what it divides, how it is known, and its seconds of one core."""

    room: str
    what: str
    law: str
    divides: Divides
    known: str
    core_s: Callable[[Inputs, Size], float]


def _by_run(
    room: str, law: str, grows: Callable[[Size], float], divides: Divides, without: tuple[str, ...] = ()
) -> Item:
    """A room without some of its steps; both cores of the run worked at what divides."""
    cores = 1 if divides == "not" else CORES_OF_RUN

    def core_s(inputs: Inputs, size: Size) -> float:
        return inputs.room_s(room, without) * cores * (grows(size) / grows(PAPER))

    what = f"without {', '.join(without)}" if without else "as run"
    return Item(room, what, law, divides, "run x law", core_s)


def _by_unit(room: str, step: str, law: str, others: Callable[[Size], float]) -> Item:
    """A step over neurons, of which one was measured at several numbers of clips."""
    return Item(
        room, step, law, "neurons", "unit x count",
        lambda inputs, size: inputs.per_value_s(step, size.clips) * size.neurons * size.clips * others(size),
    )  # fmt: skip


def _neurons(size: Size) -> float:
    return size.neurons


def _sound(size: Size) -> float:
    """Seconds of sound; the run heard less of each clip than the paper's size has."""
    return size.clips * (BENCH_SECONDS if size is PAPER else size.seconds)


def cuts(size: Size) -> float:
    """Distinct cuts that are measured."""
    shared = stated.RANDOM_CUTS.value * size.concepts_cut / PAPER.classes
    return STRATEGIES * size.concepts_cut + shared + ABLATIONS


def passes_of_cuts(size: Size) -> float:
    """Forward passes of one clip: whole ones, since a cut over all blocks begins at the first."""
    return cuts(size) * size.held_out


def outcomes(size: Size) -> float:
    """Rows of ``pruning_outcomes``."""
    return size.concepts_cut * CUTS_ASKED * size.held_out


def shard_openings(size: Size) -> float:
    """How often a shard is opened while the table is put together: once for every buffer of neurons."""
    rows = max(1, BUFFER_BYTES // (FLOAT * size.clips))
    return -(-size.neurons // rows) * -(-size.clips // CLIPS_A_SHARD)


def texts(size: Size) -> float:
    """Captions and their sentences that are encoded."""
    distinct = size.clips * (1 + stated.SENTENCES.value)
    return distinct * (ENCODING_ROOMS if distinct > CACHED_TEXTS else 1)


def _encoding(inputs: Inputs, size: Size) -> float:
    return texts(size) * inputs.units["per_text_s"]


def _kmeans(inputs: Inputs, size: Size) -> float:
    return RUNS_OF_KMEANS * size.clips * stated.SENTENCES.value * inputs.per_sentence_s


FORWARD = Item(
    "activations", "forward passes, without a GPU", "clips x FLOPs", "clips", "unit x count",
    lambda inputs, size: size.clips * inputs.forward_core_s(size.architecture.name),
)  # fmt: skip
CUTTING = Item(
    "pruning", "forward passes, without a GPU", "cuts x held-out clips x FLOPs", "cuts", "unit x count",
    lambda inputs, size: passes_of_cuts(size) * inputs.forward_core_s(size.architecture.name),
)  # fmt: skip
ITEMS = (
    _by_run("probing", "clips x seconds", _sound, "not"),
    _by_run("captions", "clips x seconds", _sound, "clips"),
    Item(
        "captions", "vectors of texts", "clips; anew in three rooms where the cache is too small", "clips",
        "unit x count", _encoding,
    ),
    Item(
        "activations", "features", "clips", "clips", "unit x count",
        lambda inputs, size: size.clips * inputs.units["forward"]["features_clip_s"],
    ),
    FORWARD,
    Item(
        "activations", "shards opened", "neurons x clips^2 / buffer", "not", "unit x count",
        lambda inputs, size: shard_openings(size) * inputs.units["shard_opening_s"],
    ),
    _by_run("activations", "neurons x clips", lambda size: size.neurons * size.clips, "not"),
    _by_unit("top_clips", "top_clips", "neurons x clips", lambda _: 1),
    _by_run("summaries", "neurons", _neurons, "not"),
    _by_run("calibration", "neurons", _neurons, "not"),
    _by_unit("closed_concepts", "concept_predictions", "neurons x clips x concepts", lambda size: size.classes),
    _by_run("closed_concepts", "neurons", _neurons, "not", without=("concept_predictions",)),
    _by_run("open_concepts", "neurons", _neurons, "not"),
    Item(
        "interpretability", "runs of K-means", "sentences, more where clusters are less clear", "cores", "unit x count",
        _kmeans,
    ),
    _by_run("interpretability", "neurons", _neurons, "not", without=("caption_clusters",)),
    _by_unit("labels", "labelling", "neurons x clips x atoms", lambda size: size.atoms),
    _by_unit("evidence", "concept_significance", "neurons x clips x (log clips + concepts)", lambda size: size.classes),
    _by_unit("evidence", "description_scores", "neurons x clips x log clips", lambda _: 1),
    _by_unit("evidence", "evident_words", "neurons x clips x (log clips + words)", lambda _: stated.WORDS.value),
    _by_run("evidence", "neurons", _neurons, "not", without=MEASURED_EVIDENCE),
    CUTTING,
    _by_run("pruning", "concepts cut x held-out clips", outcomes, "not"),
    _by_run("warehouse", "rows: neurons", _neurons, "not"),
    _by_run("figures", "hardly", lambda _: 1, "not"),
)  # fmt: skip


def flops(inputs: Inputs, size: Size) -> dict[str, float]:
    """Of all forward passes, by room."""
    each = inputs.flops(size.architecture.name)
    return {"activations": size.clips * each, "pruning": passes_of_cuts(size) * each}


def gpu_s(inputs: Inputs, size: Size, peak: stated.Stated = stated.PEAK_FLOPS) -> dict[str, float]:
    """Seconds of one GPU for all forward passes, by room, as the stated peak and utilisation have it."""
    speed = peak.value * stated.UTILISATION.value
    return {room: found / speed for room, found in flops(inputs, size).items()}


def kept_bytes(inputs: Inputs, size: Size) -> dict[str, float]:
    """What lies on disk at the end, by room; of ``activations`` the table, and the shards apart."""
    values = float(size.neurons * size.clips * FLOAT)
    clips, neurons = size.clips / PAPER.clips, size.neurons / PAPER.neurons
    found = {"activations": values, "shards": values}
    for own in inputs.run["rooms"]:
        room = own["room"]
        growth = {
            "probing": clips, "captions": clips, "target": 1.0, "figures": 1.0, "answers": 1.0,
            "pruning": outcomes(size) / outcomes(PAPER),
        }.get(room, neurons)  # fmt: skip
        found.setdefault(room, inputs.room_bytes(room) * growth)
    found["labels"] += size.atoms * size.clips * stated.ATOM_SHARE.value * FLOAT  # each atom lists its clips
    return found
