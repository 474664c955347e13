"""A file that ends before it says it does is found in every container; what can't be told whole is refused."""

from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dagster_and.audio.containers import FORMATS
from dagster_and.audio.reading import Rejected, inspect

NOISE = np.random.default_rng(0).normal(0, 0.1, 8000)
SUBTYPES = {"FLAC": ["PCM_16"], "OGG": ["VORBIS"], "MP3": ["MPEG_LAYER_III"]}
KINDS = [
    (form, subtype, endian)
    for form in FORMATS
    for subtype in SUBTYPES.get(form, ["PCM_16", "PCM_24", "FLOAT", "ULAW"])
    for endian in ("FILE", "LITTLE", "BIG")
    if soundfile.check_format(form, subtype, endian)
]
OTHERS = sorted(set(soundfile.available_formats()) - set(FORMATS) - {"RAW"})


def sound(form: str, subtype: str | None = None, endian: str = "FILE") -> bytes:
    file = BytesIO()
    soundfile.write(file, NOISE, 16000, format=form, subtype=subtype, endian=endian)
    return file.getvalue()


def judged(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    try:
        return f"{inspect(path, 0.5).duration_s:.1f} s"
    except Rejected as rejected:
        return rejected.reason


@pytest.mark.parametrize(("form", "subtype", "endian"), KINDS)
def test_a_whole_file_is_taken_and_one_that_lacks_its_end_is_not(tmp_path: Path, form: str, subtype: str, endian: str):
    content = sound(form, subtype, endian)
    assert judged(tmp_path / "whole.wav", content) == "0.5 s"
    for kept in (0.3, 0.5, 0.9):
        assert judged(tmp_path / "cut.wav", content[: int(len(content) * kept)]) == "cut_short"
    if form not in ("FLAC", "MP3"):  # of these the last bytes may be padding
        assert judged(tmp_path / "cut.wav", content[:-2]) == "cut_short"


@pytest.mark.parametrize("form", OTHERS)
def test_a_format_that_cannot_be_told_whole_is_refused_with_the_way_out(tmp_path: Path, form: str):
    path = tmp_path / "odd.wav"
    with suppress(soundfile.LibsndfileError, ValueError, TypeError):  # some can't be written without a file's name
        path.write_bytes(sound(form))
        with pytest.raises(Rejected, match=r"not_audio: .*(save it as WAV|can't be decoded)"):
            inspect(path, 0.5)


@pytest.mark.parametrize("length", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_a_length_that_the_header_leaves_open_is_no_fault(tmp_path: Path, length: int):
    """As programs write it that stream."""
    content = sound("WAV", "PCM_16")
    at = content.index(b"data") + 4
    content = content[:at] + length.to_bytes(4, "little") + content[at + 4 :]
    assert judged(tmp_path / "open.wav", content) == ("0.5 s" if length else "empty")
