"""The text encoder seam: concepts and captions to unit vectors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from dagster_and.encoders.clip_text import ClipTextEncoder
from dagster_and.encoders.sentences import SentenceEncoder, packaged_minilm

if TYPE_CHECKING:
    import torch


class TextEncoder(Protocol):
    """Turns texts into embeddings."""

    name: str

    def encode(self, texts: Sequence[str]) -> "torch.Tensor":
        """Unit embeddings, float32 "text dim"; equal texts are encoded once."""
        ...


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
