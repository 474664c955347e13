"""What is done to the product: every kind, how often, and the trials of one."""

import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults import buckets, checkpoints, disks, folders, homes, inputs, kills, llm, names, servers, texts
from tests.faults.trying import Kind, Tried

KINDS: dict[str, tuple[Kind, int]] = {
    "kills": (kills.kills, 50),
    "neighbours": (kills.neighbours, 2),
    "clocks": (kills.clocks, 4),
    "spoilt": (kills.spoilt, 12),
    "held": (kills.held, 1),
    "full": (disks.full, 6),
    "outputs": (disks.outputs, 0),
    "read-only": (disks.read_only, 3),
    "vanished": (disks.vanished, 1),
    "slow": (disks.slow, 2),
    "homes": (homes.homes, 0),
    "inside a home": (homes.insides, 12),
    "sounds": (inputs.sounds, 0),
    "sound folders": (folders.sound_folders, 0),
    "captions": (inputs.captions, 0),
    "dissections": (inputs.dissection_files, 100),
    "dissection texts": (texts.dissection_texts, 0),
    "odd runs": (inputs.dissection_runs, 10),
    "checkpoints": (checkpoints.checkpoints, 0),
    "networks": (checkpoints.networks, 0),
    "llm": (llm.llm, 0),
    "models": (llm.language_models, 0),
    "bucket": (buckets.buckets, 0),
    "outages": (buckets.outages, 2),
    "names": (names.names, 1),
    "dissection names": (names.dissection_names, 0),
    "explorer": (servers.explorer, 10),
}
"""What is done, and how often; 0: all there are."""


def trials(name: str, times: int | None, seed: int, minutes: float | None) -> tuple[list[Tried], float]:
    """What became of a kind, each line printed as it is known, and the seconds that it took."""
    kind, usual = KINDS[name]
    start = time.monotonic()
    tries: list[Tried] = []
    with tempfile.TemporaryDirectory(prefix=f"faults-{name}-", ignore_cleanup_errors=True) as folder:
        for tried in _each(kind(Path(folder), usual if times is None else times, random.Random(seed)), name):
            print(f"{'holds' if tried.holds else 'FALLS'}  {tried.kind}: {tried.fault}: {tried.outcome}", flush=True)
            tries.append(tried)
            if minutes and time.monotonic() - start > minutes * 60:
                break
    return tries, time.monotonic() - start


def _each(tries: Iterator[Tried], name: str) -> Iterator[Tried]:
    """The tries; a command that hangs, or a try that can't be made, is the last of its kind, and has not held."""
    try:
        yield from tries
    except subprocess.TimeoutExpired as hung:
        yield Tried(name, "what came next", False, f"hangs: no end within {hung.timeout:.0f} s")
    except Exception as error:  # whatever it is: the other kinds are tried all the same
        yield Tried(name, "what came next", False, f"could not be tried: {type(error).__name__}: {error}")
