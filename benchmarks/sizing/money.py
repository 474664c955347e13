"""Calls of a language model, their tokens, and what they, GPUs, cores and disks cost at the stated prices."""

from dataclasses import dataclass

from benchmarks.sizing import stated
from benchmarks.sizing.inputs import Inputs
from benchmarks.sizing.laws import ITEMS, gpu_s, kept_bytes
from benchmarks.sizing.sizes import Size
from dagster_and.llm.ledger import BYTES_PER_TOKEN

CAPPED = 50
"""Neurons of each layer: ``summaries.neurons_per_layer``, as docs/llm.md has it."""
LAYERS_A_BLOCK = 3
BY_NEURON = {"summarise": 2, "choose": 1, "detect": 5, "write": 1}
"""Calls a neuron at most: docs/llm.md."""
MILLION, HOUR, GB = 1e6, 3600.0, 1e9


@dataclass(frozen=True)
class Asking:
    """Calls at most, and their tokens."""

    calls: float
    prompt_tokens: float
    answer_tokens: float

    @property
    def usd(self) -> float:
        """At the live price."""
        prices = stated.PROMPT_USD.value, stated.ANSWER_USD.value
        return (self.prompt_tokens * prices[0] + self.answer_tokens * prices[1]) / MILLION

    @property
    def usd_by_batch(self) -> float:
        """At the price of a batch."""
        return self.usd * stated.BATCH_SHARE.value


def described(size: Size, per_layer: int | None) -> int:
    """Neurons that a model is asked about; all of the head."""
    if per_layer is None:
        return size.neurons
    return min(size.neurons, size.architecture.blocks * LAYERS_A_BLOCK * per_layer + size.classes)


def asking(inputs: Inputs, size: Size, per_layer: int | None = None) -> Asking:
    """Every prompt distinct: a bound, since neurons that share clips share calls."""
    neurons = described(size, per_layer)
    calls = {task: count * neurons for task, count in BY_NEURON.items()}
    calls["judge"] = int(stated.ADJECTIVES.value)
    measured = inputs.units["asking"]
    return Asking(
        sum(calls.values()),
        sum(count * measured[task]["prompt_bytes"] for task, count in calls.items()) / BYTES_PER_TOKEN,
        sum(count * measured[task]["answer_bytes"] for task, count in calls.items()) / BYTES_PER_TOKEN,
    )


def core_hours(inputs: Inputs, size: Size, *, has_gpu: bool) -> float:
    """Hours of one core for all rooms; forward passes only where there is no GPU for them."""
    items = [item for item in ITEMS if not (has_gpu and item.what.startswith("forward passes"))]
    return sum(item.core_s(inputs, size) for item in items) / HOUR


def gpu_hours(inputs: Inputs, size: Size, peak: stated.Stated = stated.PEAK_FLOPS) -> float:
    """Hours of one GPU for forward passes."""
    return sum(gpu_s(inputs, size, peak).values()) / HOUR


def compute_usd(inputs: Inputs, size: Size) -> float:
    """Of GPUs and cores as they are used, none waiting for another."""
    return gpu_hours(inputs, size) * stated.GPU_USD.value + core_hours(inputs, size, has_gpu=True) * (
        stated.CORE_USD.value
    )


def disk_usd(inputs: Inputs, size: Size) -> float:
    """Of a month."""
    return sum(kept_bytes(inputs, size).values()) / GB * stated.DISK_USD.value
