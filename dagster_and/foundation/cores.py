"""How many cores this process may use."""

import os


def usable_cores() -> int:
    """Those that the process is bound to where the system tells, all otherwise; at least one."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
