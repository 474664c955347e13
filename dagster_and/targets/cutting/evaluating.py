"""Many cuts of one network on the held-out clips: one model in memory, each batch's first blocks computed once."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.devices.batches import fitting
from dagster_and.engine import HERE, Engine
from dagster_and.foundation.progress import progress
from dagster_and.method.pruning.cuts import Cut
from dagster_and.targets.cutting.resuming import Recording, block_of
from dagster_and.targets.cutting.rows import Silence, body_silenced, cut_out, says_the_same, silenced, silences
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.target import Target

if TYPE_CHECKING:
    from torch import Tensor

MIB = 1 << 20
FEWEST_CUTS = 8
"""A unit makes a recording of its own, which is a pass of the whole network: as many cuts at least share one."""


def logits_after(
    target: Target,
    clips: pl.DataFrame,
    features: FeatureCache,
    cuts: Sequence[Cut],
    batch_size: int,
    memory_mb: int,
    engine: Engine = HERE,
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the whole network and of every cut one. The network leaves as it came, bit for bit.

    A forward pass starts at the first block that a cut touches. Cut neurons are silenced, and their weights zeroed only
    where that is not the same (:func:`.rows.says_the_same`). Peak memory: one batch's recording, which is held under
    ``memory_mb`` by taking smaller batches (one clip at least), and the network once. What silences the body needs a
    network with a head.

    Args:
        target: the network.
        clips: rows of ``probing_clips``: the clips to hear.
        features: what the network hears of each clip.
        cuts: for each cut the rows of each layer, or the body; each is run, so equal ones are asked for once.
        batch_size: most clips a forward pass.
        memory_mb: bound on a recording, in MiB.
        engine: where the passes are made. A unit is cuts that begin at the same block or near it; it makes one
            recording of its own.

    Returns:
        before ("clip class") and after ("cut clip class"), float64.
    """

    def passes(own: Sequence[Cut]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        work = Evaluating(target, clips, features, own, batch_size, memory_mb)
        return engine.passes(work, units, "pruning", "cuts", target.placement.device)

    units = cut_units(len(cuts), engine.shares)
    if len(units) == 1:
        return next(passes(cuts))
    starts = [_first_block(cut) for cut in cuts]
    order = np.argsort([-1 if start is None else start for start in starts], kind="stable")
    before = np.zeros((clips.height, target.layers[-1].width))
    after = np.zeros((len(cuts), *before.shape))
    for unit, found in zip(units, passes([cuts[place] for place in order]), strict=True):
        before, after[order[unit.start : unit.stop]] = found
    return before, after


def cut_units(cuts: int, shares: int) -> list[range]:
    """The cuts in as many units as there are shares, fewer where a unit would have under :data:`FEWEST_CUTS`."""
    step = cuts if shares == 1 else max(FEWEST_CUTS, -(-cuts // shares))
    return [range(start, min(start + step, cuts)) for start in range(0, cuts, step)] if cuts else [range(0)]


@dataclass(frozen=True)
class Evaluating:
    """What is measured of some of the cuts, on all clips; see :func:`logits_after`."""

    target: Target
    clips: pl.DataFrame
    features: FeatureCache
    cuts: Sequence[Cut]
    batch_size: int
    memory_mb: int

    def __call__(self, places: range) -> tuple[np.ndarray, np.ndarray]:
        """Logits before ("clip class") and after the cuts at these places ("cut clip class")."""
        target, clips, features = self.target, self.clips, self.features
        cuts = self.cuts[places.start : places.stop]
        classes = target.layers[-1].width
        before = np.zeros((clips.height, classes))
        after = np.zeros((len(cuts), clips.height, classes))
        starts = [_first_block(cut) for cut in cuts]
        if clips.is_empty():
            return before, after
        with target.placement.forward():
            # the longest clip alone: how much memory a clip takes, and from which blocks a pass may start
            sample = _recording(target, clips.sort("duration_s", descending=True).head(1), features)
            size = max(1, min(self.batch_size, self.memory_mb * MIB // max(1, sample.bytes)))
            trusted = {start: start if start is not None and sample.agrees_at(start) else None for start in set(starts)}
            names = list(dict.fromkeys(name for cut in cuts if cut != "body" for name in cut))
            is_silenced = says_the_same(target.model, names, lambda: sample.forward(None))
            quiet = [silences(target.model, cut) if is_silenced and cut != "body" else None for cut in cuts]

            def heard(here: slice) -> None:
                recording = _recording(target, clips[here], features)
                before[here] = _on_cpu(recording.logits)
                label = f"pruning, clips {here.start + 1} to {here.stop} of {clips.height}"
                for i, cut in progress(enumerate(cuts), label, "cuts", len(cuts)):
                    after[i, here] = _cut_logits(target, recording, cut, quiet[i], trusted[starts[i]])

            # memory_mb bounds a batch, so it doesn't grow; where a GPU has less, it is halved
            deque(fitting(clips.height, size, heard, target.placement, grows=False), maxlen=0)
        return before, after


def _first_block(cut: Cut) -> int | None:
    if cut == "body":
        return None
    blocks = [block_of(name) for name, chosen in cut.items() if len(chosen)]
    known = [block for block in blocks if block is not None]
    return min(known) if blocks and len(known) == len(blocks) else None


def _cut_logits(
    target: Target, recording: Recording, cut: Cut, quiet: list[Silence] | None, start: int | None
) -> np.ndarray:
    """Logits of one batch. ``quiet``: the cut to be made by silencing; None where weights have to be zeroed."""
    if cut == "body":
        assert target.head, "without a head there are no logits to silence"
        with body_silenced(target.model, target.head.name):
            return _on_cpu(recording.forward(None))
    if not any(len(chosen) for chosen in cut.values()):
        return _on_cpu(recording.logits)
    with cut_out(target.model, cut) if quiet is None else silenced(quiet):
        return _on_cpu(recording.forward(start))


def _recording(target: Target, clips: pl.DataFrame, features: FeatureCache) -> Recording:
    """Of a batch of all these clips."""
    (batch,) = features.batches(clips, clips.height)
    return Recording(target.model, target.inputs(batch).arguments, [layer.name for layer in target.layers])


def _on_cpu(logits: "Tensor") -> np.ndarray:
    return logits.cpu().double().numpy()
