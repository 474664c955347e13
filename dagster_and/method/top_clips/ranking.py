"""Top and bottom clips: the K clips that activate a neuron most and least (AND, section 3)."""

from functools import partial

import numpy as np
import polars as pl

from dagster_and.method.arrays.batches import Chunk, Rows, each_chunk

DIRECTIONS = ("highest", "lowest")


def top_clips(activation: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """The K most and K least activating clips of each neuron.

    Args:
        activation: "neuron clip".
        k: clips kept at either end.

    Returns:
        for each direction clip ids ("neuron rank"), the most extreme first; equal activations in the order of clip_id.

    Raises:
        ValueError: there are fewer than K clips.
    """
    if k > activation.shape[1]:
        raise ValueError(f"K is {k}, but there are {activation.shape[1]} clips")
    return {"highest": _largest(activation, k), "lowest": _largest(-activation, k)}


def _largest(values: np.ndarray, k: int) -> np.ndarray:
    """Columns of the k largest values of each row, ties to the left.

    A partition finds the k-th value in linear time; only what reaches it is sorted.
    """
    clips = values.shape[1]
    threshold = np.partition(values, clips - k, axis=1)[:, clips - k, None]
    above, level = values > threshold, values == threshold
    kept = above | (level & (np.cumsum(level, axis=1) <= k - above.sum(axis=1, keepdims=True)))
    columns = np.nonzero(kept)[1].reshape(len(values), k)
    order = np.argsort(-np.take_along_axis(values, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def rank_clips(rows: Rows, k: int) -> pl.DataFrame:
    """The table ``top_clips`` from rows of the table ``activations``."""
    return pl.concat(each_chunk(partial(_frame, k), rows)).sort("neuron_id", "direction", "rank")


def _frame(k: int, chunk: Chunk) -> pl.DataFrame:
    ids, activation = chunk
    parts = []
    for direction, clips in top_clips(activation, k).items():
        values = np.take_along_axis(activation, clips, axis=1)
        parts.append(
            pl.DataFrame(
                {
                    "neuron_id": np.repeat(ids, k),
                    "rank": np.tile(np.arange(1, k + 1, dtype=np.int32), len(ids)),
                    "clip_id": clips.reshape(-1).astype(np.int32),
                    "activation": values.reshape(-1).astype(np.float64),
                }
            ).with_columns(direction=pl.lit(direction))
        )
    return pl.concat(parts)
