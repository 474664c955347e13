"""Which room holds what in memory at once, read off the code, and what to do where it does not fit."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.sizing import stated
from benchmarks.sizing.laws import BUFFER_BYTES, FLOAT, cuts
from benchmarks.sizing.sizes import Size

DOUBLE = 8
DIMENSIONS = 384
TOP_SHARE = 0.05
GIB = 2**30


@dataclass(frozen=True)
class Held:
    """What a room holds at once, its bytes at a size, and the way out."""

    room: str
    what: str
    bytes_of: Callable[[Size], float]
    instead: str


def _predictions(size: Size) -> float:
    """The layer as it is read and over the captioned clips, its top 5 % (places and levels), and both matches."""
    layer = size.architecture.widest * size.clips
    matches = 2 * 2 * size.clips * size.classes * DOUBLE
    return 2 * layer * FLOAT + 2 * TOP_SHARE * layer * DOUBLE + matches


def _labels(size: Size) -> float:
    """Truth, its rows by literal and its columns, and on each core the columns of the clips that choose, in float64."""
    shared = (1 + 2 + FLOAT) * size.atoms * size.clips
    return shared + stated.CORES.value * DOUBLE * size.atoms * size.clips


def _words(size: Size) -> float:
    """Presence of every word in every caption, as float64 where ranks are summed."""
    return size.clips * stated.WORDS.value * (1 + DOUBLE)


def _clusters(size: Size) -> float:
    """Distinct sentences in float64: as they come, rounded, sorted, and centred by K-means on each core."""
    return size.clips * stated.SENTENCES.value * DIMENSIONS * DOUBLE * (3 + stated.CORES.value)


def _logits(size: Size) -> float:
    """Of every distinct cut."""
    return cuts(size) * size.held_out * size.classes * DOUBLE


FEWER = "fewer probing clips: the paper takes 2,000"
HELD = (
    Held("activations", "one buffer of neurons, several times", lambda _: 4 * BUFFER_BYTES, "fits at any size"),
    Held(
        "captions to evidence", "vectors of captions and sentences",
        lambda size: size.clips * (1 + stated.SENTENCES.value) * DIMENSIONS * FLOAT, FEWER,
    ),
    Held("closed_concepts", "the widest layer, and how clips match concepts", _predictions, FEWER),
    Held("interpretability", "sentences as float64, on each core", _clusters, f"{FEWER}; or fewer cores"),
    Held("labels", "atoms x clips, on each core", _labels, f"{FEWER}; or fewer cores"),
    Held("evidence", "words x captions", _words, FEWER),
    Held(
        "pruning", "logits of every cut", _logits,
        "a smaller `pruning.held_out_fold`; fewer `pruning.concepts`",
    ),
)  # fmt: skip


def fits(held: Held, size: Size) -> bool:
    """Whether it fits into the stated machine, with a half to spare."""
    return held.bytes_of(size) < stated.MEMORY_GIB.value * GIB / 2
