"""The captioner seam: every clip in words, by whoever the dissection names."""

from typing import Protocol

import polars as pl

from dagster_and.captioners.annotations import AnnotationCaptioner
from dagster_and.captioners.dataset import DatasetCaptioner
from dagster_and.captioners.file import FileCaptioner
from dagster_and.dissection import Dissection
from dagster_and.foundation.home import Home


class Captioner(Protocol):
    """Writes a caption for each clip, or says why there is none."""

    name: str
    fingerprint: str

    def captions(self, clips: pl.DataFrame, acoustics: pl.DataFrame) -> pl.DataFrame:
        """The table ``clip_captions`` from ``probing_clips`` and ``clip_acoustics``."""
        ...


class Listener(Captioner, Protocol):
    """A captioner that hears, and so can say of a part of a clip what it is."""

    def moment_captions(self, heard: pl.DataFrame) -> pl.DataFrame:
        """The table ``moment_captions`` from stretches of clips, with columns of ``probing_clips`` beside them."""
        ...


def open_captioner(dissection: Dissection, home: Home) -> Captioner:
    """The dissection's captioner; ``home`` holds the answers that an audio LLM has given before.

    Raises:
        UserError: its file is missing or wrong, or its server or key can't be used.
    """
    section = dissection.captions
    if section.captioner == "file":
        assert section.path is not None  # the dissection file is refused without
        return FileCaptioner(dissection.resolve(section.path))
    if section.captioner == "audio_llm":
        return _audio_llm(dissection, home)
    return {"dataset": DatasetCaptioner, "annotations": AnnotationCaptioner}[section.captioner]()


def open_listener(dissection: Dissection, home: Home) -> Listener | None:
    """Who captions moments; None where whole clips are summarised (``captions.moment_s``).

    Raises:
        UserError: as :func:`open_captioner`.
    """
    return None if dissection.captions.moment_s is None else _audio_llm(dissection, home)


def _audio_llm(dissection: Dissection, home: Home) -> Listener:
    from dagster_and.captioners.audio_llm import AudioLlmCaptioner

    section = dissection.captions.llm
    assert section is not None  # the dissection file is refused without
    return AudioLlmCaptioner(section, home, dissection.name)
