"""How many clips go through a network at once, by the memory of the device."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from dagster_and.devices.placement import Placement
from dagster_and.foundation.errors import UserError

T = TypeVar("T")

LARGEST = 256
"""No batch is doubled beyond this: a GPU is busy by then."""
SHARE = 0.8
"""Of the memory that is free; the doubled batch is taken to need twice as much as the last one."""
ASKED_OF_A_DEVICE = ("mem_get_info", "memory_reserved", "max_memory_allocated", "reset_peak_memory_stats")


def fitting(
    clips: int, size: int, work: Callable[[slice], T], placement: Placement, *, grows: bool = True
) -> Iterator[tuple[slice, T]]:
    """Do work on all clips in order, as many at a time as there is memory for.

    On the CPU batches have the size that is asked for. On a GPU that is the first one: it is doubled as long as the
    memory used so far allows (where the device tells it), and halved where memory runs out, for good. The sizes follow
    from the memory alone; no clip's numbers may depend on its batch beyond rounding.

    Args:
        clips: how many there are.
        size: clips to begin with.
        work: gets the places of some clips; done again on fewer of them where memory runs out.
        placement: where it is done.
        grows: False never doubles the batch.

    Yields:
        the places of some clips, and what work gave for them.

    Raises:
        UserError: there is no memory for a single clip.
    """
    place, most = 0, max(size, LARGEST) if grows and not placement.is_cpu else size
    device = None if placement.is_cpu else _module(placement.device)
    while place < clips:
        here = slice(place, min(place + size, clips))
        if size < most:
            _forget_peak(device)
        done = _tried(work, here, placement)
        if done is None:
            size = most = max(1, (here.stop - here.start) // 2)
            _give_back(device)
            continue
        yield here, done[0]
        place = here.stop
        if size < most and here.stop - here.start == size and _has_room(device):
            size = min(2 * size, most)


def _tried(work: Callable[[slice], T], here: slice, placement: Placement) -> tuple[T] | None:
    """What work gives; None where memory runs out, all that it held let go."""
    import torch

    try:
        return (work(here),)
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and "out of memory" not in str(error):  # as MPS says it
            raise
        if here.stop - here.start == 1:
            raise UserError(
                f"The memory of {placement.name} holds the target but not one clip's pass through it: write a shorter "
                "probing.window_s, compute.precision: bfloat16 or compute.device: cpu, or stop what else runs there."
            ) from error
        return None


def _module(device: str) -> Any:
    import torch

    return torch.get_device_module(device)


def _tells_memory(device: Any) -> bool:
    return all(hasattr(device, name) for name in ASKED_OF_A_DEVICE)


def _forget_peak(device: Any) -> None:
    if _tells_memory(device):
        device.reset_peak_memory_stats()


def _has_room(device: Any) -> bool:
    if not _tells_memory(device):
        return False
    free, _ = device.mem_get_info()
    return 2 * device.max_memory_allocated() <= SHARE * (free + device.memory_reserved())


def _give_back(device: Any) -> None:
    if hasattr(device, "empty_cache"):
        device.empty_cache()


def behind(items: Iterator[T], steps: int) -> Iterator[T]:
    """Hand each item on only when so many later ones have been begun: a GPU computes while their results are kept."""
    waiting: list[T] = []
    for item in items:
        waiting.append(item)
        if len(waiting) > steps:
            yield waiting.pop(0)
    yield from waiting
