"""Many cuts of one network on the held-out clips: one model in memory, each batch's first blocks computed once."""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.devices.batches import fitting
from dagster_and.foundation.progress import progress
from dagster_and.method.pruning.cuts import Cut
from dagster_and.targets.cutting.resuming import Recording, block_of
from dagster_and.targets.cutting.rows import body_silenced, cut_out
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.target import Target

if TYPE_CHECKING:
    from torch import Tensor

MIB = 1 << 20


def logits_after(
    target: Target, clips: pl.DataFrame, features: FeatureCache, cuts: Sequence[Cut], batch_size: int, memory_mb: int
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the whole network and of every cut one. The network leaves as it came, bit for bit.

    A forward pass starts at the first block that a cut touches. Peak memory: one batch's recording, which is held under
    ``memory_mb`` by taking smaller batches (one clip at least), and the network once. What silences the body needs a
    network with a head.

    Args:
        target: the network.
        clips: rows of ``probing_clips``: the clips to hear.
        features: what the network hears of each clip.
        cuts: for each cut the rows of each layer, or the body.
        batch_size: most clips a forward pass.
        memory_mb: bound on a recording, in MiB.

    Returns:
        before ("clip class") and after ("cut clip class"), float64.
    """
    distinct: dict[frozenset, Cut] = {_key(cut): cut for cut in cuts}
    if len(distinct) < len(cuts):  # equal cuts are run once
        before, after = logits_after(target, clips, features, list(distinct.values()), batch_size, memory_mb)
        place_of = {key: place for place, key in enumerate(distinct)}
        return before, after[[place_of[_key(cut)] for cut in cuts]]
    classes = target.layers[-1].width
    before = np.zeros((clips.height, classes))
    after = np.zeros((len(cuts), clips.height, classes))
    starts = [_first_block(cut) for cut in cuts]
    if clips.is_empty():
        return before, after
    with target.placement.forward():
        # the longest clip alone: how much memory a clip takes, and from which blocks a pass may start
        sample = _recording(target, clips.sort("duration_s", descending=True).head(1), features)
        size = max(1, min(batch_size, memory_mb * MIB // max(1, sample.bytes)))
        trusted = {start: start if start is not None and sample.agrees_at(start) else None for start in set(starts)}

        def heard(here: slice) -> None:
            recording = _recording(target, clips[here], features)
            before[here] = _on_cpu(recording.logits)
            label = f"pruning, clips {here.start + 1} to {here.stop} of {clips.height}"
            for i, cut in progress(enumerate(cuts), label, "cuts", len(cuts)):
                after[i, here] = _cut_logits(target, recording, cut, trusted[starts[i]])

        # memory_mb bounds a batch, so it doesn't grow; where a GPU has less, it is halved
        deque(fitting(clips.height, size, heard, target.placement, grows=False), maxlen=0)
    return before, after


def _key(cut: Cut) -> frozenset:
    if cut == "body":
        return frozenset([cut])
    return frozenset((name, tuple(sorted(chosen))) for name, chosen in cut.items() if len(chosen))


def _first_block(cut: Cut) -> int | None:
    if cut == "body":
        return None
    blocks = [block_of(name) for name, chosen in cut.items() if len(chosen)]
    known = [block for block in blocks if block is not None]
    return min(known) if blocks and len(known) == len(blocks) else None


def _cut_logits(target: Target, recording: Recording, cut: Cut, start: int | None) -> np.ndarray:
    if cut == "body":
        assert target.head, "without a head there are no logits to silence"
        with body_silenced(target.model, target.head.name):
            return _on_cpu(recording.forward(None))
    if not any(len(chosen) for chosen in cut.values()):
        return _on_cpu(recording.logits)
    with cut_out(target.model, cut):
        return _on_cpu(recording.forward(start))


def _recording(target: Target, clips: pl.DataFrame, features: FeatureCache) -> Recording:
    """Of a batch of all these clips."""
    (batch,) = features.batches(clips, clips.height)
    return Recording(target.model, target.inputs(batch).arguments, [layer.name for layer in target.layers])


def _on_cpu(logits: "Tensor") -> np.ndarray:
    return logits.cpu().double().numpy()
