"""Sounds, sections and what is looked at of a listing."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import soundfile

from dagster_and.dissection import Dissection
from dagster_and.probing_sets.listing import Listing, SourceFile

RATE_HZ = 8000


def wav_bytes(pitch_hz: float, seconds: float = 0.3) -> bytes:
    buffer = BytesIO()
    tone = 0.3 * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)
    soundfile.write(buffer, tone, RATE_HZ, format="WAV")
    return buffer.getvalue()


def section(**probing: object):
    """The section ``probing`` of a dissection file."""
    other = {"captions": {"captioner": "annotations"}, "target": {"family": "embedded_ast"}}
    return Dissection.model_validate({"name": "tiny", "probing": probing, **other}).probing


def rows(files: Sequence[SourceFile]) -> list[tuple]:
    return [(file.filename, file.labels, file.fold) for file in files]


def reasons(listing: Listing) -> dict[str, str]:
    return {unusable.path: unusable.reason for unusable in listing.rejected}
