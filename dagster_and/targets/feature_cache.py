"""Features of each clip, computed once and shared by training, activations, and every dissection of the same audio."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dagster_and.probing.audio import read_waveform
from dagster_and.targets.frontends import Frontend

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class FeatureCache:
    """One ``.npy`` file per frontend, window and audio content; deleting it costs only time."""

    folder: Path
    frontend: Frontend
    window_s: float

    def batches(self, clips: pl.DataFrame, batch_size: int) -> Iterator[list["torch.Tensor"]]:
        """Features of ``clips`` (columns path, sha256) in their order, ``batch_size`` clips at a time."""
        rows = list(zip(clips["path"], clips["sha256"], strict=True))
        for start in range(0, len(rows), batch_size):
            yield self.features(rows[start : start + batch_size])

    def features(self, rows: Sequence[tuple[str, str]]) -> list["torch.Tensor"]:
        """Features of the clips given as (path, sha256), each as its frontend makes them."""
        import torch

        return [torch.from_numpy(self._load(path, sha256)) for path, sha256 in rows]

    def _load(self, path: str, sha256: str) -> np.ndarray:
        cached = self.folder / f"{self.frontend.key}-{self.window_s:g}s" / sha256[:2] / f"{sha256}.npy"
        try:
            return np.load(cached, allow_pickle=False)
        except (FileNotFoundError, ValueError, EOFError):
            return self._compute(Path(path), cached)

    def _compute(self, path: Path, cached: Path) -> np.ndarray:
        import torch

        waveform = read_waveform(path, self.frontend.sample_rate_hz, self.window_s)
        features = self.frontend.features(torch.from_numpy(waveform)).numpy()
        cached.parent.mkdir(parents=True, exist_ok=True)
        temporary = cached.with_name(f".{uuid.uuid4().hex}.npy")
        np.save(temporary, features)
        temporary.replace(cached)
        return features
