"""Clip-major in, neuron-major out, and kept: pooled activations in files by content, a file a batch of clips.

A forward pass gives all neurons for a few clips; the table holds all clips for one neuron. Between them lie these
files, so that memory holds one batch and one buffer, however many clips there are. They stay: a clip that was heard
is not heard again, whichever set it comes with, and a run that was killed goes on where it was.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.foundation.keys import digest
from dagster_and.lake.shared import ALONE, Shared
from dagster_and.targets.recording.marks import Marks

FLOAT = np.dtype(np.float32)
VALUES, CLIPS, CHECKSUM = "activation", "clips", "crc32"
PEAKS, PROFILE, TIMING = "peaks", "profile", "timing"
TENSORS = VALUES, PEAKS, PROFILE, TIMING
PIECE_BYTES = 32 << 20
"""Of moments that are read at a time."""
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Shard:
    """A shard's name in its folder, and the clips in it, in order."""

    name: str
    clips: tuple[str, ...]


class Shards:
    """One target's activations. Clips are named by the SHA-256 of their sound, neurons numbered in layer order.

    A shard is written to a temporary name and renamed, and named after its clips: several processes may write and read
    at once. One that is not whole counts as not there.
    """

    def __init__(self, folder: Path, neurons: int, shared: Shared = ALONE):
        self._folder = folder
        self._neurons = neurons
        self._shared = shared
        self._places: dict[str, tuple[Path, int]] = {}

    def find(self, clips: Sequence[str]) -> set[str]:
        """Those of the clips that lie in whole shards; a broken shard is removed."""
        wanted = set(clips)
        self._look_for(wanted, sorted(self._folder.glob(f"*{SUFFIX}")))
        if not wanted <= self._places.keys():
            self._look_for(wanted, self._shared.bring_all(self._folder))
        return wanted & self._places.keys()

    def _look_for(self, wanted: Set[str], paths: Sequence[Path]) -> None:
        for path in paths:
            if wanted <= self._places.keys():
                break
            self._look_into(path, wanted)

    def note(self, shard: Shard) -> None:
        """Take a shard for whole that has just been written, maybe by another process, and brought if it isn't here.

        No listing is asked, which may not show it yet.
        """
        path = self._folder / shard.name
        self._shared.bring([path])
        self._places |= {clip: (path, column) for column, clip in enumerate(shard.clips)}

    def write(self, clips: Sequence[str], batches: Sequence[Sequence[np.ndarray]], marks: Marks | None = None) -> Shard:
        """Keep some batches: of each the activations of every layer in order, float32 "clip unit"; moments beside them.

        Raises:
            ValueError: they have more or fewer units than there are neurons, or clips than are named.
        """
        units = {sum(layer.shape[1] for layer in batch) for batch in batches}
        count = sum(len(batch[0]) for batch in batches)
        if units != {self._neurons} or count != len(clips):
            raise ValueError(f"{units} units on {count} clips for {self._neurons} neurons and {len(clips)} clips")
        values = np.empty((self._neurons, count), FLOAT)
        _lay_down(batches, values)
        shard = Shard(f"{digest(list(clips))}{SUFFIX}", tuple(clips))
        path = self._folder / shard.name
        tensors = {VALUES: values}
        if marks is not None:
            tensors |= {PEAKS: marks.peaks, PROFILE: marks.profile, TIMING: marks.timing}
        with replacing(path) as temporary:
            save_file(tensors, temporary, {CLIPS: " ".join(clips), CHECKSUM: _checksum(tensors.values())})
        self._shared.give([path])
        self.note(shard)
        return shard

    def moments(
        self, clips: Sequence[str], neurons: np.ndarray, layers: np.ndarray, ends: np.ndarray
    ) -> Iterator[tuple[np.ndarray, Marks]]:
        """Of pairs of a clip and a neuron when the neuron fires, some pairs at a time: their places among those asked.

        Args:
            clips: found or written before with moments, "pair".
            neurons: their numbers, "pair".
            layers: the place of each one's layer, "pair".
            ends: 0 for where it is largest, 1 for where it is smallest, "pair".

        Yields:
            places, and of each one its peak "pair", profile "pair bin" and timing "pair fact".

        Raises:
            UserError: a shard has been deleted meanwhile.
        """
        columns: dict[Path, list[tuple[int, int]]] = {}
        for place, clip in enumerate(clips):
            path, column = self._places[clip]
            columns.setdefault(path, []).append((column, place))
        for path, found in columns.items():
            held = np.array(sorted(found))
            for start, stop, marks in _marks(path):
                first, end = np.searchsorted(held[:, 0], (start, stop))
                there, places = held[first:end, 0] - start, held[first:end, 1]
                has_peaks = marks.peaks.shape[2] > 0
                yield (
                    places,
                    Marks(
                        marks.peaks[there, ends[places], neurons[places]] if has_peaks else np.zeros_like(places),
                        marks.profile[there, :, neurons[places]],
                        marks.timing[there, layers[places]],
                    ),
                )

    def read(self, clips: Sequence[str], neurons: range, buffer_bytes: int) -> Iterator[np.ndarray]:
        """Neurons by number, float32 "neuron clip", in pieces of at most ``buffer_bytes`` (at least one neuron).

        Args:
            clips: found or written before, in the order that is wanted; one may stand there twice.
            neurons: their numbers.
            buffer_bytes: of a piece.

        Raises:
            UserError: a shard has been deleted meanwhile.
        """
        columns: dict[Path, tuple[list[int], list[int]]] = {}
        for place, clip in enumerate(clips):
            path, column = self._places[clip]
            there, here = columns.setdefault(path, ([], []))
            there.append(column)
            here.append(place)
        spans = {path: (_span(there), _span(here)) for path, (there, here) in columns.items()}
        step = max(1, buffer_bytes // (FLOAT.itemsize * max(1, len(clips))))
        for start in range(neurons.start, neurons.stop, step):
            rows = np.empty((min(start + step, neurons.stop) - start, len(clips)), dtype=FLOAT)
            for path, (there, here) in spans.items():
                rows[:, here] = self._piece(path, start, start + len(rows))[:, there]
            yield rows

    def _look_into(self, path: Path, wanted: Set[str]) -> None:
        """Note the clips of a shard, if it holds any that are wanted and is whole."""
        try:
            with safe_open(path, "np") as shard:
                said = shard.metadata() or {}
                clips = said.get(CLIPS, "").split()
                if wanted.isdisjoint(clips):
                    return
                is_whole = tuple(shard.get_slice(VALUES).get_shape()) == (self._neurons, len(clips))
                held = (name for name in TENSORS if name in shard.keys())  # noqa: SIM118
                is_whole = is_whole and _checksum(map(shard.get_tensor, held)) == said.get(CHECKSUM)
        except FileNotFoundError:
            return
        except (OSError, SafetensorError, ValueError):
            is_whole, clips = False, []
        if is_whole:
            self._places |= {clip: (path, column) for column, clip in enumerate(clips)}
        else:
            path.unlink(missing_ok=True)

    def _piece(self, path: Path, start: int, stop: int) -> np.ndarray:
        try:
            with safe_open(path, "np") as shard:
                return shard.get_slice(VALUES)[start:stop]
        except (OSError, SafetensorError) as error:
            raise _gone(path, error) from error


def _marks(path: Path) -> Iterator[tuple[int, int, Marks]]:
    """The moments that a shard holds, some of its clips at a time."""
    try:
        with safe_open(path, "np") as shard:
            parts = [shard.get_slice(name) for name in (PEAKS, PROFILE, TIMING)]
            clips, bins, neurons = parts[1].get_shape()
            step = max(1, PIECE_BYTES // max(1, (bins + 8) * neurons))
            for start in range(0, clips, step):
                stop = min(start + step, clips)
                yield start, stop, Marks(*(part[start:stop] for part in parts))
    except (OSError, SafetensorError) as error:
        raise _gone(path, error) from error


def _lay_down(batches: Sequence[Sequence[np.ndarray]], values: np.ndarray) -> None:
    """Turn batches of layers "clip unit" into one "neuron clip", without a copy of all on the way."""
    start = 0
    for batch in batches:
        stop, first = start + len(batch[0]), 0
        for layer in batch:
            last = first + layer.shape[1]
            values[first:last, start:stop] = layer.T
            first = last
        start = stop


def _gone(path: Path, error: Exception) -> UserError:
    return UserError(
        f"{path} was deleted or changed while it was read ({error}): run again, only its clips are heard anew."
    )


def _checksum(tensors: Iterable[np.ndarray]) -> str:
    known = 0
    for tensor in tensors:
        known = zlib.crc32(tensor.data, known)
    return str(known)


def _span(places: list[int]) -> slice | list[int]:
    """Places that follow each other as a slice, which is copied several times faster."""
    first, end = places[0], places[-1] + 1
    return slice(first, end) if places == list(range(first, end)) else places
