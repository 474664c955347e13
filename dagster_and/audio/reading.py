"""Reading sound: what a file holds, whether it can be trusted, and its waveform as a network hears it."""

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from dagster_and.audio.containers import FORMATS, HEAD_BYTES, bytes_missing, looks_like_audio, ogg_ends
from dagster_and.foundation.files import require_plain

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
SILENCE_DBFS = -90.0
"""A clip whose largest sample stays below this is silent: under the last bit of 16-bit audio."""
LOUDEST_DBFS = 30.0
"""Float files may pass full scale a little; 30 dB over it their samples are in some other unit."""
RATES_HZ = (1_000, 768_000)
BLOCK_SAMPLES = 1 << 16
UNKNOWN_FRAMES = 1 << 62
"""libsndfile says a number beyond this of a stream whose header leaves its length open."""


class Rejected(Exception):  # noqa: N818 - not an error: a verdict
    """A file that can't be used: ``reason`` is a code of ``rejected_clips``, ``detail`` one sentence."""

    def __init__(self, reason: str, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class ClipFacts:
    """What one usable file holds. Level is that of the mono mix within the window."""

    sha256: str
    duration_s: float
    sample_rate_hz: int
    channels: int
    rms_dbfs: float


def inspect(path: Path, window_s: float) -> ClipFacts:
    """Read a whole file block by block and judge it.

    Raises:
        Rejected: missing, empty, not_audio, cut_short, not_finite, silent or out_of_range.
    """
    _require_plain_file(path)
    if path.suffix.lower() == ".raw":
        raise Rejected("not_audio", "Samples without a header don't say their rate: save it as WAV.")
    sha256 = file_sha256(path)
    try:
        with soundfile.SoundFile(path) as sound:
            rate, channels = sound.samplerate, sound.channels
            if sound.format not in FORMATS:
                raise Rejected("not_audio", f"A file of the format {sound.format} can't be told whole: save it as WAV.")
            if not RATES_HZ[0] <= rate <= RATES_HZ[1]:
                raise Rejected("not_audio", f"A sample rate of {rate} Hz is not that of a sound.")
            if sound.frames >= UNKNOWN_FRAMES:
                raise Rejected("cut_short", "Its header leaves its length open, as a stream that was cut does.")
            window = window_frames(window_s, rate)
            frames, peak, heard_peak, power = _scan(sound, window)
            promised = sound.frames
    except soundfile.LibsndfileError as error:
        reason = "cut_short" if _looks_like_audio(path) else "not_audio"
        raise Rejected(reason, f"It can't be decoded: {str(error.error_string).strip()}") from None
    _require_whole(path, frames, promised)
    if frames == 0:
        raise Rejected("empty", "It holds no samples.")
    if not np.isfinite(peak):
        raise Rejected("not_finite", "It holds samples that are not finite numbers (NaN or infinity).")
    if heard_peak < 10 ** (SILENCE_DBFS / 20):
        raise Rejected("silent", f"Mixed to mono, no sample within the window reaches {SILENCE_DBFS:.0f} dBFS.")
    if peak > 10 ** (LOUDEST_DBFS / 20):
        raise Rejected("out_of_range", f"Its samples reach {peak:.0f}; full scale is 1.")
    level = 10 * float(np.log10(max(power / min(frames, window), 1e-12)))
    return ClipFacts(sha256, frames / rate, rate, channels, level)


def window_frames(window_s: float, rate_hz: int) -> int:
    """Frames of a file that are heard: the window's, at least one."""
    return max(1, round(window_s * rate_hz))


def read_waveform(path: Path, sample_rate_hz: int, window_s: float) -> np.ndarray:
    """Mono mix of the first ``window_s`` seconds, float32 ("sample"), resampled to ``sample_rate_hz``; not padded.

    A click of one or two samples stays one sample, where resampling would leave none.
    """
    with soundfile.SoundFile(path) as sound:
        rate = sound.samplerate
        samples = sound.read(window_frames(window_s, rate), dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate == sample_rate_hz:
        return mono
    resampled = soxr.resample(mono, rate, sample_rate_hz).astype(np.float32)
    return resampled if len(resampled) else mono[:1]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits.

    Raises:
        Rejected: missing, when it can't be read.
    """
    try:
        require_plain(path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Rejected("missing", f"It can't be read: {error.strerror}.") from None


def _require_plain_file(path: Path) -> None:
    """A pipe would hang, a folder or a loop of links has no bytes."""
    try:
        facts = path.stat()
    except OSError as error:
        raise Rejected("missing", f"It can't be found: {error.strerror}.") from None
    if not stat.S_ISREG(facts.st_mode):
        raise Rejected("not_audio", "It is not a plain file.")
    if facts.st_size == 0:
        raise Rejected("empty", "It has no bytes.")


def _scan(sound: soundfile.SoundFile, window: int) -> tuple[int, float, float, float]:
    """Frames decoded; within the window the largest sample of any channel (inf where one anywhere is not finite), and
    of the mono mix the largest sample and the summed squares.
    """
    frames, peak, heard_peak, power = 0, 0.0, 0.0, 0.0
    for block in _blocks(sound):
        if not np.isfinite(block).all():
            peak = np.inf
        heard = block[: max(0, window - frames)]
        if len(heard) and np.isfinite(peak):
            mono = heard.mean(axis=1, dtype=np.float64)
            peak = max(peak, float(np.abs(heard).max()))
            heard_peak = max(heard_peak, float(np.abs(mono).max()))
            power += float(np.square(mono).sum())
        frames += len(block)
    return frames, peak, heard_peak, power


def _blocks(sound: soundfile.SoundFile) -> Iterator[np.ndarray]:
    while len(block := sound.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)):
        yield block


def _looks_like_audio(path: Path) -> bool:
    with path.open("rb") as file:
        return looks_like_audio(file.read(HEAD_BYTES))


def _require_whole(path: Path, frames: int, promised: int) -> None:
    """Refuse a file that ends before it says that it does.

    Raises:
        Rejected: cut_short.
    """
    if frames < promised:
        raise Rejected("cut_short", f"Its header promises {promised} samples, {frames} are there.")
    if missing := bytes_missing(path):
        raise Rejected("cut_short", f"Its header promises {missing} bytes more than there are.")
    with path.open("rb") as file:
        is_ogg = file.read(4) == b"OggS"
        file.seek(max(0, path.stat().st_size - (1 << 16)))
        if is_ogg and not ogg_ends(file.read()):
            raise Rejected("cut_short", "Its last Ogg page is not the end of the stream.")
