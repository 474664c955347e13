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
        from dagster_and.captioners.audio_llm import AudioLlmCaptioner

        assert section.llm is not None  # the dissection file is refused without
        return AudioLlmCaptioner(section.llm, home, dissection.name)
    return {"dataset": DatasetCaptioner, "annotations": AnnotationCaptioner}[section.captioner]()
