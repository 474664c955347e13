"""The table ``activations``: every clip through the target once, streamed out as one row per neuron."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate, groupby
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import torch

from dagster_and.devices.batches import behind, fitting
from dagster_and.dissection import Activations
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.progress import progress
from dagster_and.hub.quiet import quiet_forward
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.method.activations.pooling import Recorder, statistics
from dagster_and.method.activations.reading import Pooling
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.recording.pooling import chosen_pooling
from dagster_and.targets.recording.spill import Spill
from dagster_and.targets.target import Target

MIB = 1 << 20


def record(
    target: Target, clips: pl.DataFrame, features: FeatureCache, settings: Activations, scratch: Path
) -> Iterator[pa.RecordBatch]:
    """The table ``activations``, one record batch per block or per buffer, whichever is smaller; float32 always.

    Args:
        target: the network.
        clips: rows of ``probing_clips`` in the order of ``clip_id``.
        features: what the network hears of each clip.
        settings: pooling, batch size and buffer.
        scratch: folder for the temporary file (4 bytes x neurons x clips).

    Raises:
        UserError: the pooling doesn't fit the network, or an activation is not a number.
    """
    pooling, placement = pooling_of(target, settings), target.placement
    with Spill(scratch, target.layers) as spill:
        recorder = Recorder(pooling)
        readings = {layer.name: layer.reading for layer in target.layers}

        def heard(here: slice) -> dict[str, Callable[[], np.ndarray]]:
            (batch,) = features.batches(clips[here], clips.height)
            inputs = target.inputs(batch)
            recorder.sound_tokens = inputs.sound_tokens
            target.model(**inputs.arguments)
            _require_all(readings, recorder.pooled)
            return {name: placement.fetched(recorder.pooled[name]) for name in readings}

        with placement.forward(), quiet_forward(), recorder.listening(target.model, readings):
            batches = fitting(clips.height, settings.batch_size, heard, placement)
            total = -(-clips.height // settings.batch_size) if placement.is_cpu else None
            for _, pooled in behind(progress(batches, "activations", "batches", total), 0 if placement.is_cpu else 1):
                spill.write({name: arrived() for name, arrived in pooled.items()})
        yield from _rows(target, spill, settings.buffer_mb * MIB)


def _require_all(names: Iterable[str], pooled: Mapping[str, torch.Tensor]) -> None:
    silent = [name for name in names if name not in pooled]
    if silent:
        raise UserError(
            f"The layer {silent[0]} never runs when the network hears a clip: leave it out of the layers you name."
        )


def pooling_of(target: Target, settings: Activations) -> Pooling:
    """As :func:`dagster_and.targets.recording.pooling.chosen_pooling` of that network."""
    return chosen_pooling(settings, type(target.model).__name__, has_cls_token=target.frontend.has_cls_token)


def _rows(target: Target, spill: Spill, buffer_bytes: int) -> Iterator[pa.RecordBatch]:
    first = 0
    for _, layers in groupby(target.layers, key=lambda layer: layer.block_index):
        block = range(first, first + sum(layer.width for layer in layers))
        for activation in spill.read(block, buffer_bytes):
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
