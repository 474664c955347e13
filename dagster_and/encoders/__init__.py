"""The text encoder seam: concepts and captions to unit vectors."""

from collections.abc import Sequence
from functools import cache as once
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from dagster_and.encoders.clip_text import ClipTextEncoder
from dagster_and.encoders.embeddings import Embeddings, Encode
from dagster_and.encoders.identity import identity_of
from dagster_and.encoders.sentences import SentenceEncoder, packaged_minilm
from dagster_and.foundation.errors import UserError
from dagster_and.hub.obstacles import hub_obstacle
from dagster_and.lake.shared import ALONE, Shared

__all__ = ["Encode", "TextEncoder", "check_text_encoder", "encoding_by", "open_text_encoder"]

LONGEST_SHOWN = 80


class TextEncoder(Protocol):
    """Turns texts into embeddings."""

    name: str

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit embeddings, float32 "text dim"; equal texts are encoded once; a text's vector is its own."""
        ...


def check_text_encoder(name: str, setting: str = "closed_concepts.text_encoder") -> None:
    """Refuse what :func:`open_text_encoder` could not open, without its weights; a hub configuration may be fetched.

    Raises:
        UserError: there is no such model; the sentence names the ``setting``.
    """
    obstacle = None if name == "minilm" else _obstacle(name.removeprefix("clip:"))
    if obstacle:
        raise UserError(
            f"{setting} {name[:LONGEST_SHOWN]!r} can't be found ({obstacle}): write minilm, clip:<hub id or "
            "folder>, or the folder or hub id of a sentence-transformers model."
        )


def check_text_audio_encoder(name: str) -> None:
    """Refuse likewise what :func:`dagster_and.encoders.text_audio.open_text_audio_encoder` could not open.

    Raises:
        UserError: there is no such model.
    """
    obstacle = None if name == "ridge" else _obstacle(name.removeprefix("clap:"))
    if obstacle:
        raise UserError(
            f"closed_concepts.text_audio_encoder {name[:LONGEST_SHOWN]!r} can't be found ({obstacle}): write ridge, "
            "or clap:<hub id or folder>."
        )


def _obstacle(place: str) -> str | None:
    """Why there is no model at a folder or hub id; None where there is one."""
    folder = Path(place)
    try:
        if any((folder / file).is_file() for file in ("config.json", "modules.json")):
            return None
        if folder.is_dir():
            return "the folder has no config.json"
    except OSError as error:  # longer than any path, a disk that is gone
        return error.strerror
    if place.startswith((".", "/", "~")) or place.count("/") > 1:
        return "there is no such folder"
    return hub_obstacle(place)


def open_text_encoder(name: str) -> TextEncoder:
    """``minilm``, ``clip:<hub id or folder>``, or a sentence-transformers folder or hub id.

    Raises:
        UserError: it can't be loaded.
    """
    if name == "minilm":
        return SentenceEncoder(name, str(packaged_minilm()))
    if name.startswith("clip:"):
        return ClipTextEncoder(name, name.removeprefix("clip:"))
    return SentenceEncoder(name, name)


def encoding_by(name: str, cache: Path | None = None, shared: Shared = ALONE) -> Encode:
    """An encoder's ``encode`` that loads the model, and torch, with the first text that ``cache`` doesn't know.

    Args:
        name: as of :func:`open_text_encoder`, which says what may be raised.
        cache: folder of vectors that were made before, by any encoder; None to encode every text.
        shared: with whom they are shared.
    """
    identity = once(lambda: identity_of(name))

    def encode(texts: Sequence[str]) -> np.ndarray:
        model = identity()
        if cache is None or model is None:
            return _opened((name, model)).encode(texts)
        return Embeddings(cache / model, shared).encode(texts, lambda missing: _opened((name, model)).encode(missing))

    return encode


@lru_cache(maxsize=1)
def _opened(name_and_identity: tuple[str, str | None]) -> TextEncoder:
    """The rooms of a run ask one after the other, mostly by the same encoder."""
    return open_text_encoder(name_and_identity[0])
