"""Activations of neurons: what a linear layer puts out for a clip, pooled over tokens to one number a neuron.

AND section 3 takes the CLS token of AST. Networks without one need another pooling, and padding must never count
(docs/deviations.md, fault 1).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import accumulate
from typing import TypeVar

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from dagster_and.method.activations.reading import PLAIN, Pooling, Reading
from dagster_and.method.arrays.batches import CHUNK_VALUES, Rows, Spread

R = TypeVar("R")


def read(output: Tensor, sound_tokens: Tensor, reading: Reading = PLAIN) -> tuple[Tensor, Tensor]:
    """A layer's output as "clip token unit", or "clip unit" where it has no tokens, and which tokens hear sound.

    Windows that a network has cut its tokens into ("clip*window token unit") are put back to their clip.

    Args:
        output: "clip unit", or "clip" and axes of positions with ``reading.unit_axis`` among them.
        sound_tokens: bool "clip token".
        reading: the layer's.
    """
    clips = sound_tokens.shape[0]
    if output.shape[0] == clips and (output.ndim == 2 or (output.ndim == 3 and reading == PLAIN)):
        return output, sound_tokens
    positions = output.movedim(reading.unit_axis, -1)
    tokens = positions.reshape(clips, -1, positions.shape[-1])
    if reading.time_axis is None:
        return tokens, sound_tokens.new_ones(tokens.shape[:2])
    if reading.time_axis == "tokens":
        return tokens, sound_tokens
    steps = output.shape[reading.time_axis]
    heard = steps_heard(sound_tokens, steps)
    shape = [clips if axis == 0 else steps if axis == reading.time_axis else 1 for axis in range(output.ndim)]
    everywhere = heard.reshape(shape).movedim(reading.unit_axis, -1)[..., 0].expand(positions.shape[:-1])
    return tokens, everywhere.reshape(clips, -1)


def steps_heard(sound_tokens: Tensor, steps: int) -> Tensor:
    """Which steps of a time axis hear sound, bool "clip step": those whose first thing heard is sound."""
    return sound_tokens[:, torch.arange(steps, device=sound_tokens.device) * sound_tokens.shape[1] // steps]


def pool(output: Tensor, pooling: Pooling, sound_tokens: Tensor) -> Tensor:
    """One number per clip and unit.

    Args:
        output: "clip token unit", or "clip unit" where the layer has no tokens (a head), which is copied.
        pooling: ``cls`` takes token 0; ``mean`` and ``max`` run over the sound's tokens only.
        sound_tokens: bool "clip token", true where a token hears sound: neither padding nor special.

    Returns:
        "clip unit"; a mean in float32, also of half precision.

    Raises:
        ValueError: the layer's tokens are not those of ``sound_tokens``, or a clip has no sound token.
    """
    if output.ndim == 2:
        return output.clone()  # what follows may write over it
    if pooling == "cls":
        return torch.select_copy(output, 1, 0)  # a view would hold on to the whole output
    if output.shape[:2] != sound_tokens.shape:
        raise ValueError(
            f"the layer has {tuple(output.shape[:2])} clips and tokens, the inputs have {tuple(sound_tokens.shape)}"
        )
    counts = sound_tokens.sum(dim=1, keepdim=True)
    # of a GPU the answer would have to be waited for; there such a clip's activation is not finite
    if sound_tokens.device.type == "cpu" and not bool(counts.all()):
        raise ValueError("a clip has no token that hears sound")
    if pooling == "mean":
        # as a product of "clip 1 token" and "clip token unit": many times faster than the same by einsum
        with exact(output):
            return torch.matmul((sound_tokens / counts)[:, None], output.float())[:, 0]
    return output.masked_fill(~sound_tokens[:, :, None], -torch.inf).amax(dim=1)


def exact(output: Tensor) -> AbstractContextManager:
    """A mean is taken in float32, whatever precision the network runs in."""
    kind = output.device.type
    return torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()


def statistics(activation: np.ndarray) -> dict[str, np.ndarray]:
    """Mean, population standard deviation, minimum and maximum over clips ("neuron"), from float32 "neuron clip".

    A bounded number of neurons at a time, since they are doubled in float64.
    """
    step = max(1, CHUNK_VALUES // max(1, activation.shape[1]))
    pieces = [_statistics(activation[start : start + step]) for start in range(0, len(activation), step)]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def _statistics(activation: np.ndarray) -> dict[str, np.ndarray]:
    exact = activation.astype(np.float64)
    mean = exact.mean(axis=1)
    exact -= mean[:, None]
    variance = np.einsum("nc,nc->n", exact, exact) / activation.shape[1]
    return {
        "mean": mean,
        "standard_deviation": np.sqrt(variance),
        "minimum": activation.min(axis=1).astype(np.float64),
        "maximum": activation.max(axis=1).astype(np.float64),
    }


def each_layer(
    work: Callable[[np.ndarray, np.ndarray], R], rows: Rows, widths: Sequence[int]
) -> Iterator[R]:  # fmt: skip
    """Results of ``work`` on every layer of :func:`by_layer`, in order.

    Raises:
        ValueError: as there.
    """
    if not isinstance(rows, Spread):
        return (work(*layer) for layer in by_layer(rows, widths))
    if rows.neurons != sum(widths):
        raise ValueError(f"there are activations of {rows.neurons} neurons, and layers of {sum(widths)}")
    ends = accumulate(widths)
    return rows.of_spans(
        partial(_of_one_layer, work), [range(end - width, end) for width, end in zip(widths, ends, strict=True)]
    )


def _of_one_layer(work: Callable[[np.ndarray, np.ndarray], R], batches: Rows) -> R:
    own = list(batches)
    (layer,) = by_layer(own, [sum(batch.num_rows for batch in own)])
    return work(*layer)


def by_layer(batches: Iterable[pa.RecordBatch], widths: Sequence[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Join rows of the table ``activations`` into whole layers, one at a time.

    Args:
        batches: rows in the order of neuron_id; a layer may be split over batches, a batch may hold several layers.
        widths: number of neurons of each layer, in order.

    Yields:
        neuron ids ("neuron") and activations ("neuron clip", float32) of one layer.

    Raises:
        ValueError: there are fewer or more rows than the layers have neurons.
    """
    ids, rows = np.empty(0, np.int32), None
    pending = iter(batches)
    for width in widths:
        while len(ids) < width:
            batch = next(pending, None)
            if batch is None:
                raise ValueError(f"activations end in a layer of {width} neurons after {len(ids)} of them")
            values = batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1)
            ids = np.concatenate([ids, batch.column("neuron_id").to_numpy()])
            rows = values if rows is None or not len(rows) else np.concatenate([rows, values])
        assert rows is not None
        yield ids[:width], rows[:width]
        ids, rows = ids[width:], rows[width:]
    if len(ids) or next(pending, None) is not None:
        raise ValueError("there are more activations than neurons")
