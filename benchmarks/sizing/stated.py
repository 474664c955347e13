"""What is taken from others or assumed, each with its date and where it is from: change it here, and run again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stated:
    """A number that nobody has measured here."""

    value: float
    what: str
    source: str


PEAK_FLOPS = Stated(989.4e12, "FLOP/s of an H100 SXM in bfloat16, dense", "NVIDIA's data sheet, 2023")
PEAK_FLOPS_FLOAT32 = Stated(66.9e12, "the same in float32, without TF32", "NVIDIA's data sheet, 2023")
UTILISATION = Stated(0.4, "share of that peak that a forward pass reaches", "assumed; no GPU was at hand")
GPU_USD = Stated(2.5, "USD for a GPU of that kind an hour", "offers of 1.90 to 2.94 on gpu.blog, 2026-06")
CORES = Stated(16, "cores of the machine around a GPU, or of a machine without one", "assumed")
MEMORY_GIB = Stated(128, "GiB of memory of that machine", "assumed")
CORE_USD = Stated(0.05, "USD for a core an hour", "usual list prices of cloud machines, 2026-06")
DISK_USD = Stated(0.023, "USD for a GB kept a month", "list price of S3 Standard, 2026-06")
BANDWIDTH = Stated(1.25e9, "bytes a second from the store to a machine", "assumed: 10 Gbit/s each")
PROMPT_USD = Stated(0.40, "USD for a million prompt tokens", "gpt-4.1-mini's list price, 2026-06-21")
ANSWER_USD = Stated(1.60, "USD for a million answer tokens", "gpt-4.1-mini's list price, 2026-06-21")
BATCH_SHARE = Stated(0.5, "share of the price that a batch costs", "OpenAI's Batch API, 2026-06-21")
STRAGGLING = Stated(0.01, "share of units on a slow worker", "assumed")
SLOWNESS = Stated(3.0, "times as long as others these take", "assumed")
FAILURES = Stated(0.01, "failures of a worker in an hour", "assumed: preemptible machines, every 100 hours")
RESTART_S = Stated(120, "seconds until a failed worker is back", "assumed")
HELD_OUT = Stated(20_000, "held-out clips at most", "about AudioSet's evaluation part")
CONCEPTS_CUT = Stated(50, "concepts cut at most: pruning.concepts", "as many as in the paper")
RANDOM_CUTS = Stated(110, "distinct random cuts for 50 concepts", "docs/pruning.md")
SECONDS_OF_SOUND = Stated(10.0, "seconds of a clip of AudioSet", "AudioSet's definition")
SENTENCES = Stated(2.0, "sentences of a caption", "assumed")
ADJECTIVES = Stated(1000, "distinct adjectives to judge at most", "assumed")
ATOMS = Stated(360, "atoms beside the classes: 300 words at most, and measured bands", "method/labels, 2026-11")
ATOM_SHARE = Stated(0.1, "share of the clips that an atom holds on", "assumed")
WORDS = Stated(1000, "words of captions that are tried on every neuron", "assumed")

ALL = {name: value for name, value in globals().items() if isinstance(value, Stated)}
