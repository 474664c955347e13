"""Vectors of texts that have been encoded before: by the content of the text and of the model, for all dissections.

They lie in Parquet files under ``AND_HOME/cache/embeddings/<model>/``. A file is written under a temporary name,
renamed, and never changed: several processes write at once without a lock, on any file system, and at worst encode the
same text twice. Pages carry checksums; a file that can't be read is removed and what it held is encoded again. Small
files are put together once there are many. What was used longest ago goes when all together outgrow a bound.
"""

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_and.foundation.files import replacing
from dagster_and.lake.shared import ALONE, Shared

FEW_FILES = 32
SMALL_FILE_BYTES = 16 << 20
LARGEST_CACHE_BYTES = 512 << 20
"""Of all models together: some 300,000 texts of MiniLM's 384 numbers."""

LONGEST_WRITE_S = 3600
EXCHANGED = "exchanged"
"""File that names those that were fetched from a lake, or given to it."""

Encode = Callable[[Sequence[str]], np.ndarray]
"""Texts, at least one, to unit embeddings, float32 "text dim"."""


@dataclass(frozen=True)
class Embeddings:
    """The vectors of one model, in a folder of its own beside those of others."""

    folder: Path
    shared: Shared = ALONE

    def encode(self, texts: Sequence[str], encode: Encode) -> np.ndarray:
        """Unit embeddings of the texts, float32 "text dim"; only texts that are not known are encoded, and kept."""
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        known = self._known(self._files(), set(wanted))
        if len(known) < len(wanted):
            known |= self._known(self._brought(), set(wanted))
        missing = [key for key in wanted if key not in known]
        if missing:
            made = encode([wanted[key] for key in missing])
            with suppress(OSError):  # what can't be kept is encoded again
                self._keep(missing, made)
            known |= dict(zip(missing, made, strict=True))
        return np.stack([known[key] for key in keys])

    def _known(self, files: Sequence[Path], wanted: set[bytes]) -> dict[bytes, np.ndarray]:
        found: dict[bytes, np.ndarray] = {}
        for path in files:
            held = _read(path)
            own = [place for place, key in enumerate(held.keys) if key in wanted]
            if own:
                found |= {held.keys[place]: held.vectors[place] for place in own}
                _touch(path)
        return found

    def _keep(self, keys: list[bytes], vectors: np.ndarray) -> None:
        made = self._write(_Held(keys, vectors))
        self.shared.give([made])
        self._remember([made])
        small = [path for path in self._files() if 0 < _size(path) < SMALL_FILE_BYTES]
        if len(small) > FEW_FILES:
            self._put_together(small)
        _make_room(self.folder.parent)

    def _put_together(self, small: list[Path]) -> None:
        together: dict[bytes, np.ndarray] = {}
        for path in small:
            held = _read(path)
            together |= dict(zip(held.keys, held.vectors, strict=True))
        if together:
            self._write(_Held(list(together), np.stack(list(together.values()))))
        for path in small:
            path.unlink(missing_ok=True)

    def _brought(self) -> list[Path]:
        """What other homes have put into the lake since this one looked, fetched."""
        came = self.shared.bring_all(self.folder, self._remembered())
        self._remember(came)
        return came

    def _remembered(self) -> list[str]:
        """Files that were fetched or given before; put together with others, they are not here by their names."""
        try:
            return (self.folder / EXCHANGED).read_text(encoding="utf-8").split()
        except OSError:
            return []

    def _remember(self, files: Sequence[Path]) -> None:
        if files and self.shared.bucket is not None:
            with (self.folder / EXCHANGED).open("a", encoding="utf-8") as names:
                names.writelines(f"{path.name}\n" for path in files)

    def _write(self, held: "_Held") -> Path:
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(held.vectors.reshape(-1)), held.vectors.shape[1])
        table = pa.table({"key": pa.array(held.keys, pa.binary(32)), "vector": vectors})
        path = self.folder / f"{uuid.uuid4().hex}.parquet"
        with replacing(path) as temporary:
            pq.write_table(table, temporary, compression="none", use_dictionary=False, write_page_checksum=True)
        return path

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))


@dataclass(frozen=True)
class _Held:
    """Keys and their vectors, "key dim"."""

    keys: list[bytes]
    vectors: np.ndarray


def _read(path: Path) -> _Held:
    """What a file holds; nothing where it is gone or broken, and a broken one is removed."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
        keys, vectors = table["key"].to_pylist(), table["vector"].combine_chunks()
        flat = vectors.flatten().to_numpy().reshape(len(keys), -1) if keys else np.empty((0, 1), np.float32)
        is_whole = flat.dtype == np.float32 and bool(np.isfinite(flat).all()) and None not in keys
        if is_whole:
            return _Held(keys, flat)
    except FileNotFoundError:  # another process has put it together with others
        return _Held([], np.empty((0, 1), np.float32))
    except (pa.ArrowException, OSError, KeyError, ValueError, AttributeError):
        pass
    path.unlink(missing_ok=True)
    return _Held([], np.empty((0, 1), np.float32))


def _make_room(root: Path) -> None:
    """Remove what was used longest ago, of any model, until the rest is within the bound."""
    by_age = sorted(root.glob("*/*.parquet"), key=_used, reverse=True)
    for path, total in zip(by_age, _running_total(by_age), strict=True):
        if total > LARGEST_CACHE_BYTES:
            path.unlink(missing_ok=True)
    for leftover in root.glob("*/.*.tmp"):  # of a killed process
        if _used(leftover) < time.time() - LONGEST_WRITE_S:
            leftover.unlink(missing_ok=True)


def _running_total(paths: Sequence[Path]) -> Iterator[int]:
    total = 0
    for path in paths:
        total += _size(path)
        yield total


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _touch(path: Path) -> None:
    with suppress(OSError):  # gone, or in a cache of which one may only read
        os.utime(path)
