"""The table ``activations``: every sound through the target once, streamed out as one row per neuron."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, groupby
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import torch

from dagster_and.devices.batches import LARGEST, behind, fitting
from dagster_and.dissection import Activations
from dagster_and.engine import HERE, Engine
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.keys import digest
from dagster_and.foundation.progress import progress
from dagster_and.hub.quiet import quiet_forward
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.method.activations.pooling import statistics
from dagster_and.method.activations.reading import Pooling
from dagster_and.method.activations.recorder import Recorder
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.recording import marks
from dagster_and.targets.recording.marks import Marks, has_moments
from dagster_and.targets.recording.pooling import chosen_pooling
from dagster_and.targets.recording.shards import FLOAT, Shard, Shards
from dagster_and.targets.target import Target, weights_sha256

MIB = 1 << 20
SHARD_BYTES = 4 * MIB
"""Batches wait for each other up to this: many small files take longer than the forward passes of a small network."""
VERSION = 2
"""Raised whenever a target would give other activations from the same sound: shards of before are then left alone."""


def record(
    target: Target,
    clips: pl.DataFrame,
    features: FeatureCache,
    settings: Activations,
    folder: Path,
    identity: str = "",
    engine: Engine = HERE,
) -> Iterator[pa.RecordBatch]:
    """The table ``activations``, one record batch per block or per buffer, whichever is smaller; float32 always.

    Clips that this target has heard before come from their shards, and equal sounds are heard once.

    Args:
        target: the network.
        clips: rows of ``probing_clips`` in the order of ``clip_id``.
        features: what the network hears of each clip; shards are shared with whom these are.
        settings: pooling, batch size and buffer.
        folder: of the shards of all targets (4 bytes x neurons x clips each), which stay.
        identity: what tells the target apart beside its weights and layers, as ``targets.opening.identity`` gives it.
        engine: where the passes are made.

    Raises:
        UserError: the pooling doesn't fit the network, or an activation is not a number.
    """
    shards = hear(target, clips, features, settings, folder, identity, engine)
    yield from _rows(target, shards, clips["sha256"].to_list(), settings.buffer_mb * MIB)


def hear(
    target: Target, clips: pl.DataFrame, features: FeatureCache, settings: Activations, folder: Path, identity: str,
    engine: Engine,
) -> Shards:  # fmt: skip
    """The shards that hold the clips, once those have been heard that none held; with moments where they are asked for.

    Args and raises as :func:`record`.
    """
    pooling, is_timed = pooling_of(target, settings), settings.moments and has_moments(target)
    key = shard_key(target, features, pooling, settings.batch_size, identity, is_timed=is_timed)
    shards = Shards(folder / key, target.neurons, features.shared)
    known = shards.find(clips["sha256"].to_list())
    fresh = clips.filter(~pl.col("sha256").is_in(known) & pl.col("sha256").is_first_distinct())
    hearing = Hearing(target, fresh, features, pooling, settings.batch_size, shards, is_timed)
    units = clip_units(fresh.height, settings.batch_size, target, engine.shares)
    for written in engine.passes(hearing, units, "activations", "clips", target.placement.device):
        for shard in written:
            shards.note(shard)
    return shards


def shard_key(
    target: Target, features: FeatureCache, pooling: Pooling, batch_size: int, identity: str, *, is_timed: bool
) -> str:
    """Key of all that a clip's activations are made from, the clip left out: the name of the folder of its shards.

    The batch size is part of it, since kernels are chosen by the shape of what they multiply, and differ in the last
    digits (docs/scaling.md); so are device and precision. With moments (``is_timed``) it is another folder: what was
    heard before without them is heard again where they are asked for.
    """
    layers = [asdict(layer) for layer in target.layers]
    heard = (features.frontend.key, features.window_s)
    computed = (batch_size, target.placement.device, target.placement.precision)
    timed = (marks.VERSION,) if is_timed else ()
    return digest(VERSION, identity, weights_sha256(target.model), layers, pooling, heard, computed, *timed)


def clip_units(clips: int, batch_size: int, target: Target, shares: int) -> list[range]:
    """Places of the clips, all in one unit where there is but one share; else whole batches that fill a shard.

    On a GPU, whose batches grow, as many as its largest one.
    """
    if shares == 1 or not clips:
        return [range(clips)] if clips else []
    fill = -(-SHARD_BYTES // (target.neurons * FLOAT.itemsize)) if target.placement.is_cpu else LARGEST
    wanted = max(1, min(fill, -(-clips // shares)))
    step = -(-wanted // batch_size) * batch_size
    return [range(start, min(start + step, clips)) for start in range(0, clips, step)]


@dataclass(frozen=True)
class Hearing:
    """Clips run through a target, a shard a batch, or several where batches are small.

    On the CPU the last batch is filled up with its last clip: in batches of one shape a clip's activations are the same
    bit for bit whatever it is heard beside, and so whichever clips are known already.
    ``is_timed``: their moments are kept, too.
    """

    target: Target
    clips: pl.DataFrame
    features: FeatureCache
    pooling: Pooling
    batch_size: int
    shards: Shards
    is_timed: bool = False

    def __call__(self, places: range) -> list[Shard]:
        """Hear the clips at these places; what was heard before an error, or Ctrl-C, is written, too."""
        clips, placement, layers = self.clips[places.start : places.stop], self.target.placement, self.target.layers
        recorder = Recorder(self.pooling, self.target.frontend.timeline if self.is_timed else None)
        readings = {layer.name: layer.reading for layer in layers}
        names = clips["sha256"].to_list()

        def heard(here: slice) -> tuple[list[Callable[[], np.ndarray]], Callable[[], Marks]]:
            (batch,) = self.features.batches(clips[here], clips.height)
            missing = self.batch_size - len(batch) if placement.is_cpu else 0
            inputs = self.target.inputs(batch + [batch[-1]] * missing)
            recorder.begin(inputs.sound_tokens)
            self.target.model(**inputs.arguments)
            _require_all(readings, recorder.pooled)
            coming = [placement.fetched(recorder.pooled[name]) for name in readings]
            return coming, marks.fetched(recorder.moments(), layers, len(batch) + missing, placement)

        written: list[Shard] = []
        with placement.forward(), quiet_forward(), recorder.listening(self.target.model, readings):
            batches = fitting(clips.height, self.batch_size, heard, placement)
            total = -(-clips.height // self.batch_size) if placement.is_cpu else None
            waiting: list[tuple[list[str], list[np.ndarray], Marks]] = []
            held = 0
            try:
                for here, (pooled, marked) in behind(
                    progress(batches, "activations", "batches", total), 0 if placement.is_cpu else 1
                ):
                    some = names[here]
                    waiting.append((some, [arrived()[: len(some)] for arrived in pooled], marked().first(len(some))))
                    held += len(some) * self.target.neurons * FLOAT.itemsize
                    if held >= SHARD_BYTES:
                        written += self._kept(waiting)
                        held = 0
            finally:
                written += self._kept(waiting)
        return written

    def _kept(self, waiting: list[tuple[list[str], list[np.ndarray], Marks]]) -> list[Shard]:
        """Write the batches that wait as one shard."""
        if not waiting:
            return []
        names = [name for some, _, _ in waiting for name in some]
        pooled = [values for _, values, _ in waiting]
        marked = Marks.joined([some for _, _, some in waiting]) if self.is_timed else None
        waiting.clear()
        return [self.shards.write(names, pooled, marked)]


def _require_all(names: Iterable[str], pooled: Mapping[str, torch.Tensor]) -> None:
    silent = [name for name in names if name not in pooled]
    if silent:
        raise UserError(
            f"The layer {silent[0]} never runs when the network hears a clip: leave it out of the layers you name."
        )


def pooling_of(target: Target, settings: Activations) -> Pooling:
    """As :func:`dagster_and.targets.recording.pooling.chosen_pooling` of that network."""
    return chosen_pooling(settings, type(target.model).__name__, has_cls_token=target.frontend.has_cls_token)


def _rows(target: Target, shards: Shards, clips: Sequence[str], buffer_bytes: int) -> Iterator[pa.RecordBatch]:
    first = 0
    for _, layers in groupby(target.layers, key=lambda layer: layer.block_index):
        block = range(first, first + sum(layer.width for layer in layers))
        for activation in shards.read(clips, block, buffer_bytes):
            _require_finite(target, first, activation)
            yield _batch(first, activation)
            first += len(activation)


def _require_finite(target: Target, first: int, activation: np.ndarray) -> None:
    if np.isfinite(activation).all():
        return
    unit, clip = np.argwhere(~np.isfinite(activation))[0]
    ends = accumulate(layer.width for layer in target.layers)
    layer = next(layer for layer, end in zip(target.layers, ends, strict=True) if first + unit < end)
    raise UserError(
        f"Neuron {first + unit} ({layer.name}) is not a finite number on clip {clip}: the network "
        f"overflows on this sound; {_instead(target)}."
    )


def _instead(target: Target) -> str:
    if target.placement.precision == "float16":
        return "write compute.precision: bfloat16 or float32, whose numbers go further than 65504"
    return "check its weights, or leave the clip out"


def _batch(first: int, activation: np.ndarray) -> pa.RecordBatch:
    count, clips = activation.shape
    offsets = np.arange(count + 1, dtype=np.int32) * clips
    columns: dict[str, np.ndarray | pa.Array] = {
        "neuron_id": np.arange(first, first + count, dtype=np.int32),
        "activation": pa.ListArray.from_arrays(offsets, activation.reshape(-1)),
        **statistics(activation),
    }
    return pa.RecordBatch.from_pydict(columns, schema=ACTIVATIONS.schema)
