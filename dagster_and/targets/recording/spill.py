"""Clip-major in, neuron-major out: a scratch file turns batches of clips into rows of neurons.

A forward pass gives all neurons for a few clips; the table holds all clips for one neuron. Between them lies this file,
so that memory holds one batch and one buffer, however many clips there are.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from dagster_and.targets.layers import Layer

FLOAT = np.dtype(np.float32)


class Spill:
    """Pooled activations on disk. Write batches of clips in order, then read neurons, numbered in layer order."""

    def __init__(self, folder: Path, layers: Sequence[Layer]):
        folder.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - unnamed: a kill leaves nothing
        self._layers = tuple(layers)
        self._chunks: list[tuple[int, int]] = []

    def __enter__(self) -> "Spill":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def clips(self) -> int:
        """Number of clips written so far."""
        return sum(clips for _, clips in self._chunks)

    def write(self, pooled: dict[str, np.ndarray]) -> None:
        """Append one batch: for each layer's name its activations, float32 "clip unit"."""
        batch = np.concatenate([pooled[layer.name] for layer in self._layers], axis=1, dtype=FLOAT)
        self._chunks.append((self._file.tell(), len(batch)))
        self._file.write(np.ascontiguousarray(batch.T).data)

    def read(self, neurons: range, buffer_bytes: int) -> Iterator[np.ndarray]:
        """Neurons by number, float32 "neuron clip", in pieces of at most ``buffer_bytes`` (at least one neuron)."""
        self._file.flush()
        step = max(1, buffer_bytes // (FLOAT.itemsize * max(1, self.clips)))
        for start in range(neurons.start, neurons.stop, step):
            yield self._rows(start, min(start + step, neurons.stop))

    def _rows(self, start: int, stop: int) -> np.ndarray:
        rows = np.empty((stop - start, self.clips), dtype=FLOAT)
        column = 0
        for offset, clips in self._chunks:
            wanted = (stop - start) * clips * FLOAT.itemsize
            piece = os.pread(self._file.fileno(), wanted, offset + start * clips * FLOAT.itemsize)
            rows[:, column : column + clips] = np.frombuffer(piece, dtype=FLOAT).reshape(stop - start, clips)
            column += clips
        return rows
