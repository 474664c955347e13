"""Features of each clip, computed once and shared by training, activations, and every dissection of the same audio."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.audio.reading import read_waveform
from dagster_and.foundation.files import replacing
from dagster_and.lake.shared import ALONE, Shared
from dagster_and.targets.hearing.frontend import Frontend

if TYPE_CHECKING:
    import torch

HEADER = 128
"""Bytes of a ``.npy`` header, as numpy pads it for arrays of one or two axes."""


@dataclass(frozen=True)
class FeatureCache:
    """One ``.npy`` file per frontend, window and audio content; deleting it costs only time."""

    folder: Path
    frontend: Frontend
    window_s: float
    shared: Shared = ALONE
    """What other homes have computed is fetched, and what is computed here is given to them."""

    def batches(self, clips: pl.DataFrame, batch_size: int) -> Iterator[list["torch.Tensor"]]:
        """Features of ``clips`` (columns path, sha256) in their order, ``batch_size`` clips at a time."""
        rows = list(zip(clips["path"], clips["sha256"], strict=True))
        for start in range(0, len(rows), batch_size):
            yield self.features(rows[start : start + batch_size])

    def features(self, rows: Sequence[tuple[str, str]]) -> list["torch.Tensor"]:
        """Features of the clips given as (path, sha256), each as its frontend makes them."""
        import torch

        lacking = self.shared.bring(Path(self._place(sha256)) for _, sha256 in rows)
        features = [torch.from_numpy(self._load(path, sha256)) for path, sha256 in rows]
        self.shared.give(lacking)
        return features

    @cached_property
    def _root(self) -> str:
        return str(self.folder / f"{self.frontend.key}-{self.window_s:g}s")

    def _load(self, path: str, sha256: str) -> np.ndarray:
        cached = self._place(sha256)
        try:
            return _read(cached)
        except (FileNotFoundError, ValueError, EOFError):
            return self._compute(Path(self.shared.sound(path, sha256)), Path(cached))

    def _place(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}.npy"

    def _compute(self, path: Path, cached: Path) -> np.ndarray:
        import torch

        waveform = read_waveform(path, self.frontend.sample_rate_hz, self.window_s)
        features = self.frontend.features(torch.from_numpy(waveform)).numpy()
        with replacing(cached) as temporary, temporary.open("wb") as file:
            np.save(file, features)
        return features


def _read(path: str) -> np.ndarray:
    """What ``np.load`` gives, sooner: most of its time goes into a header that is the same for every clip.

    Raises:
        ValueError: the file is not whole, or not a ``.npy`` file.
    """
    file = os.open(path, os.O_RDONLY)  # there are thousands of small ones, and open() takes twice as long
    try:
        shape, dtype = _layout(os.read(file, HEADER))
        features = np.empty(shape, dtype)
        if os.readv(file, [features.data]) < features.nbytes:
            raise ValueError("cut short")
        return features
    finally:
        os.close(file)


@lru_cache(maxsize=256)
def _layout(header: bytes) -> tuple[tuple[int, ...], np.dtype]:
    file = BytesIO(header)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("not a .npy file of version 1.0")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if file.tell() != HEADER or is_fortran or dtype.hasobject:
        raise ValueError(f"not a header of {HEADER} bytes over rows of numbers")
    return shape, dtype
