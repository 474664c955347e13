"""Any bytes are a clip or a reason, and take no more memory than the file is large.

``pytest tests/audio/test_any_bytes.py --hypothesis-profile thorough --timeout 0`` tries twenty times as
many.
"""

import resource
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dagster_and.audio.reading import RATES_HZ, ClipFacts, Rejected, inspect, read_waveform
from tests.audio.test_containers import KINDS, sound

MOST_MEMORY_KB = 200_000
SOUNDS = {f"{form} {subtype} {endian}": sound(form, subtype, endian) for form, subtype, endian in KINDS}
LIES = [0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
"""What a header may say of sizes, rates, channels and frames."""
REASONS = {"empty", "not_audio", "cut_short", "not_finite", "silent", "out_of_range"}

lies = st.sampled_from(LIES) | st.integers(0, 2**64 - 1)
fields = st.tuples(lies, st.sampled_from([1, 2, 4, 8]), st.sampled_from(["little", "big"])).map(
    lambda lie: (lie[0] % 2 ** (8 * lie[1])).to_bytes(lie[1], lie[2])
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A sound with fields of its header changed, bytes changed anywhere, put in, taken out, or cut off."""
    content = bytearray(SOUNDS[draw(st.sampled_from(sorted(SOUNDS)))])
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, 120))
        field = draw(fields)
        content[place : place + len(field)] = field
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(content)))
        piece = draw(st.binary(max_size=9))
        content[start : start + draw(st.sampled_from([0, len(piece), 100]))] = piece
    return bytes(content[: draw(st.integers(0, len(content)) | st.just(len(content)))])


@pytest.fixture(scope="module")
def any_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "any.wav"


def judged(path: Path, content: bytes, window_s: float = 0.25) -> ClipFacts | str:
    """What is known of the clip, whose waveform is as long as that says, or the reason why it is none."""
    path.write_bytes(content)
    try:
        facts = inspect(path, window_s)
    except Rejected as caught:
        rejected = caught
    else:
        is_as_said(path, facts, window_s)
        return facts
    assert rejected.reason in REASONS
    assert rejected.detail
    assert "\n" not in rejected.detail
    return rejected.reason


def is_as_said(path: Path, facts: ClipFacts, window_s: float) -> None:
    assert RATES_HZ[0] <= facts.sample_rate_hz <= RATES_HZ[1]
    assert facts.duration_s > 0
    assert np.isfinite(facts.rms_dbfs)
    heard = read_waveform(path, facts.sample_rate_hz, window_s)
    wanted = max(1, round(window_s * facts.sample_rate_hz))
    assert len(heard) == min(wanted, round(facts.duration_s * facts.sample_rate_hz))
    assert np.isfinite(heard).all()
    assert np.isfinite(read_waveform(path, 16_000, window_s)).all()


@pytest.mark.parametrize("name", SOUNDS)
def test_a_whole_sound_is_a_clip(any_file: Path, name: str):
    facts = judged(any_file, SOUNDS[name])
    assert isinstance(facts, ClipFacts)
    assert facts.duration_s == pytest.approx(0.5, abs=0.1)


@given(content=spoilt() | st.binary(max_size=2000))
@example(b"RIFF")
@example(b"caff\0\1\0\0")
@example(b"OggS" + bytes(22) + b"\xff")
@example(b"ID3\x04\0\0\x7f\x7f\x7f\x7f")
def test_any_bytes_are_a_clip_or_a_reason(any_file: Path, content: bytes):
    judged(any_file, content)


def test_wherever_a_sound_is_cut_it_is_a_shorter_clip_or_a_reason(any_file: Path):
    chance = np.random.default_rng(0)
    for content in SOUNDS.values():
        for end in [*range(0, 60, 7), *chance.integers(60, len(content), 3).tolist(), len(content) - 1]:
            judged(any_file, content[:end])


def test_a_header_that_promises_a_terabyte_takes_no_memory(any_file: Path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("WAV PCM_16 FILE", "RF64 PCM_16 FILE", "W64 PCM_16 FILE", "CAF PCM_16 FILE", "AIFF PCM_16 FILE"):
        for place in range(0, 100, 2):
            for lie in (2**31, 2**40 - 1, 2**63 - 1):
                for field in (lie.to_bytes(8, "little"), lie.to_bytes(8, "big")):
                    judged(any_file, SOUNDS[name][:place] + field + SOUNDS[name][place + 8 :])
    many = bytearray(SOUNDS["WAV PCM_16 FILE"])
    many[22:24], many[24:28] = struct.pack("<H", 1024), struct.pack("<I", RATES_HZ[1])
    judged(any_file, bytes(many), window_s=3600)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY_KB
