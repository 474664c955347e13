"""Memory that has been freed and is soon needed again."""

import ctypes
from contextlib import suppress
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's ``mallopt``."""
LARGEST_KEPT = 32 << 20
"""Bytes of a block that, freed, is used again: as far as glibc goes by itself once a block of that size was freed."""


@cache
def keep_freed_memory() -> None:
    """Have this process use blocks again that it has freed, from the start and in every thread.

    glibc hands those of more than 128 KiB back until larger ones were freed, and always does in a Dask worker, where
    ``MALLOC_TRIM_THRESHOLD_`` is set: arrays are then faulted in again each time. Labels took a quarter longer here,
    and twice as long there.
    """
    with suppress(OSError, AttributeError, TypeError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
        libc.mallopt(M_TRIM_THRESHOLD, 2 * LARGEST_KEPT)
