"""A clip as the network heard it: as a sound that every browser plays, and as two pictures.

Only clips of the warehouse come here, and only what decodes as sound leaves: whatever else lies at a clip's path stays.
"""

import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from dagster_and.explorer.warehouse import NotThereError
from dagster_and.foundation.keys import digest

KEPT = 600
"""Files that a server keeps in its temporary folder, the last ones asked for."""


@dataclass(frozen=True)
class Clip:
    """A row of ``dim_clips``: where its file lies, what it was, how much of it was heard."""

    path: Path
    sha256: str
    window_s: float


class Sounds:
    """Makes and keeps the files that belong to clips, in a temporary folder that goes with the server."""

    def __init__(self):
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: OrderedDict[str, Path] = OrderedDict()
        self._lock = Lock()

    def sound(self, clip: Clip) -> Path:
        """What was heard of it, as FLAC.

        Raises:
            NotThereError: its file is gone, has changed, or is no sound.
        """
        return self._made(clip, "flac", _write_flac)

    def waveform(self, clip: Clip) -> Path:
        """Its envelope, as SVG; raises as :meth:`sound`."""
        from dagster_and.explorer.pictures import waveform

        return self._made(clip, "svg", waveform)

    def spectrogram(self, clip: Clip) -> Path:
        """Its spectrogram, as PNG; raises as :meth:`sound`."""
        from dagster_and.explorer.pictures import spectrogram

        return self._made(clip, "png", spectrogram)

    def close(self) -> None:
        """Forget all files."""
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
            self._folder = None
            self._kept.clear()

    def _made(self, clip: Clip, suffix: str, write: Callable[[Clip, Path], None]) -> Path:
        key = digest(str(clip.path), clip.sha256, clip.window_s, _when(clip.path)) + f".{suffix}"
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="dissect-explore-")
            folder = self._folder.name
        require_unchanged(clip)
        handle, name = tempfile.mkstemp(suffix=f".{suffix}", dir=folder)
        os.close(handle)
        try:
            write(clip, Path(name))
        except Exception as error:  # libsndfile and the decoders behind it fail in many ways
            Path(name).unlink()
            raise NotThereError(f"The clip's sound can't be decoded ({type(error).__name__}).") from error
        with self._lock:
            self._kept[key] = Path(name)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)[1].unlink(missing_ok=True)
            return self._kept[key]


def _when(path: Path) -> list[int]:
    try:
        facts = path.stat()
    except OSError:
        raise NotThereError("The clip's file is no longer where it was when it was dissected.") from None
    return [facts.st_ino, facts.st_mtime_ns, facts.st_size]


def require_unchanged(clip: Clip) -> None:
    """Refuse a clip whose file is not the one that was dissected.

    Raises:
        NotThereError: its file is gone, or has changed.
    """
    from dagster_and.audio.reading import Rejected, file_sha256

    try:
        is_same = file_sha256(clip.path) == clip.sha256
    except Rejected as gone:
        raise NotThereError(f"The clip's file is no longer to be had. {gone.detail}") from None
    if not is_same:
        raise NotThereError("The clip's file has changed since it was dissected, so it is not played.")


def _write_flac(clip: Clip, to: Path) -> None:
    import soundfile

    from dagster_and.audio.reading import window_frames

    with soundfile.SoundFile(clip.path) as sound:
        samples = sound.read(window_frames(clip.window_s, sound.samplerate), dtype="float32", always_2d=True)
        soundfile.write(to, samples.mean(axis=1), min(sound.samplerate, FLAC_HZ), format="FLAC", subtype="PCM_16")


FLAC_HZ = 655_350
"""FLAC knows no higher rate; sounds of such rates are played slower, and nobody hears those as they are."""
