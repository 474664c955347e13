"""What the containers of sound say of their own length: libsndfile reads what is left of a cut file without a word."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

FORMATS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3", "NIST")
"""libsndfile's names of the formats of which it can be told whether a file is whole."""
HEAD_BYTES = 4096
OPEN_LENGTHS = (0, -1, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFFFFFFFFFF)
"""What programs write that don't know the length yet."""
_W64_END = bytes.fromhex("f3acd3118cd100c04f8edb8a")


@dataclass(frozen=True)
class Chunks:
    """A file in chunks: where the first begins, its header (name, size), the name of the one that holds the samples.

    A size may count its header in, and the next chunk begin at a multiple of ``alignment``.
    """

    start: int
    header: str
    samples: bytes
    alignment: int = 2
    counts_header: bool = False


RIFF, RIFX = Chunks(12, "<4sI", b"data"), Chunks(12, ">4sI", b"data")
AIFF, CAF = Chunks(12, ">4sI", b"SSND"), Chunks(8, ">4sq", b"data", alignment=1)
W64 = Chunks(40, "<16sQ", b"data" + _W64_END, alignment=8, counts_header=True)


def looks_like_audio(head: bytes) -> bool:
    """Whether a file that begins so is one of :data:`FORMATS`, or was before something happened to it."""
    return (
        _chunks_of(head) is not None or head[:3] == b"ID3" or head[:4] in (b"fLaC", b"OggS", b".snd", b"dns.", b"NIST")
    )


def bytes_missing(path: Path) -> int:
    """Bytes that the container promises beyond the end of the file; 0 where it leaves its length open.

    An MP3 without a Xing or Info header says nothing, and passes for the shorter sound that it is.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        chunks = _chunks_of(head)
        if chunks:
            promised = _end_of_samples(file, chunks)
        elif head[:4] in (b".snd", b"dns."):
            promised = _au_bytes(head)
        elif head[:7] == b"NIST_1A":
            promised = _nist_bytes(head)
        else:
            promised = _mp3_bytes(head)
    return max(0, promised - size)


def ogg_ends(tail: bytes) -> bool:
    """Whether the last page of an Ogg file's end carries the end-of-stream flag and all of its bytes."""
    start = tail.rfind(b"OggS")
    if start < 0 or len(tail) < start + 27:
        return False
    segments = tail[start + 26]
    lacing = tail[start + 27 : start + 27 + segments]
    is_whole = len(lacing) == segments and len(tail) >= start + 27 + segments + sum(lacing)
    return is_whole and bool(tail[start + 5] & 0x04)


def _chunks_of(head: bytes) -> Chunks | None:
    kind, form = head[:4], head[8:12]
    if kind in (b"RIFF", b"RF64", b"RIFX") and form == b"WAVE":
        return RIFX if kind == b"RIFX" else RIFF
    if kind == b"FORM" and form in (b"AIFF", b"AIFC"):
        return AIFF
    return CAF if kind == b"caff" else W64 if kind == b"riff" else None


def _end_of_samples(file: BinaryIO, chunks: Chunks) -> int:
    """Where the samples end by the container's own word; 0 where it doesn't say."""
    long_size = 0
    for name, start, size in _walked(file, chunks):
        if name == b"ds64":  # RF64: the sizes that don't fit into 32 bits
            long_size = int.from_bytes(file.read(16)[8:], "little")
        if name == chunks.samples:
            size = long_size or size
            return 0 if size in OPEN_LENGTHS else start + size
    return 0


def _walked(file: BinaryIO, chunks: Chunks) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and size of the content of each chunk."""
    place, length = chunks.start, struct.calcsize(chunks.header)
    while True:
        file.seek(place)
        header = file.read(length)
        if len(header) < length:
            return
        name, size = struct.unpack(chunks.header, header)
        yield name, place + length, size - (length if chunks.counts_header else 0)
        following = place + (0 if chunks.counts_header else length) + size
        following += -following % chunks.alignment
        if following <= place or following >= 2**63:
            return
        place = following


def _au_bytes(head: bytes) -> int:
    start, size = struct.unpack(">II" if head[:4] == b".snd" else "<II", head[4:12].ljust(8, b"\0"))
    return 0 if size in OPEN_LENGTHS else start + size


def _nist_bytes(head: bytes) -> int:
    """NIST SPHERE: lines of text, such as ``sample_count -i 16000``."""
    fields = {name: int(value) for name, value in re.findall(rb"(\w+) -i (\d{1,15})\s", head)}
    length = re.match(rb"NIST_1A\n\s*(\d{1,15})\n", head)
    if length is None or b"sample_count" not in fields:
        return 0
    each = fields.get(b"channel_count", 1) * fields.get(b"sample_n_bytes", 1)
    return int(length[1]) + fields[b"sample_count"] * each


def _mp3_bytes(head: bytes) -> int:
    """Size that a Xing or Info header states, tags not counted; 0 where there is none."""
    for mark in (b"Xing", b"Info"):
        at = head.find(mark)
        if at >= 0 and len(head) >= at + 16:
            flags = int.from_bytes(head[at + 4 : at + 8], "big")
            if flags & 2:
                field = at + 8 + (4 if flags & 1 else 0)
                return int.from_bytes(head[field : field + 4], "big")
    return 0
