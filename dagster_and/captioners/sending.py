"""Clips as they are sent to a model that listens: mono, 16 kHz, 16 bit, within the window, as wav."""

import hashlib
import io
from pathlib import Path

import numpy as np
import soundfile

from dagster_and.audio.reading import read_waveform
from dagster_and.llm.prompts import Clip

SAMPLE_RATE_HZ = 16000
"""What audio LLMs listen at."""


def wav_of_file(path: Path, window_s: float) -> bytes:
    """A file as the target hears it."""
    return wav_bytes(read_waveform(path, SAMPLE_RATE_HZ, window_s))


def wav_of_stretch(path: Path, window_s: float, start_s: float, end_s: float) -> bytes:
    """From ``start_s`` to ``end_s`` of what the target hears of a file."""
    heard = read_waveform(path, SAMPLE_RATE_HZ, window_s)
    return wav_bytes(heard[round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)])


def made_clip(samples: np.ndarray) -> Clip:
    """A clip that lies in no file: samples ("sample", full scale 1) at 16 kHz."""
    wav = wav_bytes(samples)
    return Clip(hashlib.sha256(wav).hexdigest(), len(samples) / SAMPLE_RATE_HZ, lambda: wav)


def wav_bytes(samples: np.ndarray) -> bytes:
    """Samples ("sample", full scale 1) at 16 kHz as a wav file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
    return buffer.getvalue()
