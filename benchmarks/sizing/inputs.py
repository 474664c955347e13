"""What was measured, read from ``benchmarks/results/``: the newest run of the whole pipeline, and the newest units."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pipeline.results import KEPT
from benchmarks.sizing.sizes import PAPER

RUN = re.compile(r"\d{4}-\d\d-\d\d\.json")
UNITS = re.compile(r"units-\d{4}-\d\d-\d\d\.json")
CORES_OF_RUN = 2
"""Of the machine that the kept runs are from."""


class MissingInputError(RuntimeError):
    """Something has to be measured first; the message says how."""


@dataclass(frozen=True)
class Inputs:
    """The newest measurements: ``run`` at the paper's size and ``small`` at its smallest, and ``units``.

    ``sources``: the files' names.
    """

    run: dict[str, Any]
    small: dict[str, Any]
    units: dict[str, Any]
    sources: tuple[str, str]

    @property
    def date(self) -> str:
        """Of the newer of the two."""
        return max(re.findall(r"\d{4}-\d\d-\d\d", " ".join(self.sources)))

    def room_s(self, room: str, without: tuple[str, ...] = ()) -> float:
        """Seconds of a room at the paper's size, without some of its steps."""
        seconds = next(own["seconds"] for own in self.run["rooms"] if own["room"] == room)
        return max(0.0, seconds - sum(self.step_s(step) for step in without))

    def step_s(self, step: str) -> float:
        """Seconds of a step at the paper's size; 0 of one that took less than a second."""
        return self.run["steps"].get(step, 0.0)

    def room_bytes(self, room: str) -> float:
        """Bytes that a room keeps at the paper's size."""
        return next(own["mib"] for own in self.run["rooms"] if own["room"] == room) * 2**20

    def per_value_s(self, step: str, clips: int) -> float:
        """Seconds a neuron, clip (and concept, or atom) at that many clips: between those measured by the logarithm,
        beyond the largest as there."""
        measured = sorted((int(number), costs[step]) for number, costs in self.units["per_value_s"].items())
        at, cost = zip(*measured, strict=True)
        return float(np.exp(np.interp(np.log(clips), np.log(at), np.log(np.maximum(cost, 1e-15)))))

    @property
    def per_sentence_s(self) -> float:
        """Seconds a sentence of one run of K-means, among the most sentences that were tried."""
        tried = self.units["per_sentence_and_run_s"]
        return tried[max(tried, key=int)]

    def flops(self, architecture: str) -> float:
        """Of a forward pass of one clip."""
        return self.units["architectures"][architecture]["flops"]

    def forward_core_s(self, architecture: str) -> float:
        """Seconds of one core for a clip: measured for AST, for another network by its FLOPs."""
        return self.units["forward"]["clip_s"] * self.flops(architecture) / self.flops(PAPER.architecture.name)

    @cached_property
    def sigma(self) -> float:
        """Spread of units' seconds: standard deviation of the logarithm, of units that label neurons."""
        return self.units["sigma"]["neurons"]


def newest(folder: Path = KEPT) -> Inputs:
    """The newest of each kind.

    Raises:
        MissingInputError: one of them has never been measured.
    """
    runs = [(path, json.loads(path.read_text())) for path in _kept(folder, RUN)]
    whole = [(path, sizes) for path, sizes in runs if len(sizes) > 1 and sizes[-1]["share"] == "1"]
    if not whole:
        raise MissingInputError(f"{folder} has no run at full size and a smaller one: python -m benchmarks.pipeline")
    units = _kept(folder, UNITS)
    if not units:
        raise MissingInputError(f"{folder} has no units: python -m benchmarks.sizing --measure HOME DISSECTION")
    path, sizes = whole[-1]
    return Inputs(sizes[-1], sizes[0], json.loads(units[-1].read_text()), (path.name, units[-1].name))


def _kept(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    """Oldest first: names have dates."""
    return sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name))
