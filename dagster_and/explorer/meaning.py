"""Search by meaning: what is said of neurons as vectors, each distinct text once, made beside and kept."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from dagster_and.explorer.warehouse import Reader
from dagster_and.foundation.keys import digest

if TYPE_CHECKING:
    from dagster_and.encoders import TextEncoder

MODEL = "minilm"
NEAREST = 400
LEAST = 0.2
"""Texts that are less near than this in cosine have nothing in common with what is asked for."""
CHUNK = 128


@dataclass
class Texts:
    """Distinct texts and, once they are encoded, their unit embeddings, float32 "text dim"."""

    texts: list[str]
    vectors: np.ndarray | None = None
    done: int = 0
    trouble: str | None = None


class Meaning:
    """Encodes the texts of a dissection in the background when they are first asked for.

    Embeddings are kept in ``folder``, by their texts, where it can be written.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._lock = Lock()
        self._encoding = Lock()
        self._encoder: TextEncoder | None = None
        self._known: dict[tuple[str, str], Texts] = {}

    def texts(self, reader: Reader, dissection: str) -> Texts:
        """Those of a dissection: sentence, else label, else description of every neuron; maybe still to be encoded."""
        key = (dissection, reader.version)
        with self._lock:
            if key in self._known:
                return self._known[key]
            self._known = {known: texts for known, texts in self._known.items() if known[1] == reader.version}
            found = self._known[key] = Texts(
                reader.column(
                    """
                    select distinct coalesce(statement, label, description) as said from neuron_descriptions
                    where dissection = ? and said is not null order by length(said), said
                    """,
                    dissection,
                )
            )
            Thread(target=self._encode, args=(found,), daemon=True).start()
        return found

    def nearness(self, texts: Texts, asked: str) -> Mapping[str, float]:
        """Cosine of the texts that are nearest to what is asked for, nearest first."""
        assert texts.vectors is not None, "they are encoded"
        if not texts.texts:
            return {}
        with self._encoding:
            vector = self._opened().encode([asked]).numpy()[0]
        cosines = texts.vectors @ vector
        places = np.argsort(-cosines, kind="stable")[:NEAREST].tolist()
        return {texts.texts[place]: float(cosines[place]) for place in places if cosines[place] >= LEAST}

    def _encode(self, texts: Texts) -> None:
        try:
            path = self._folder / f"{digest(MODEL, texts.texts)}.npy"
            vectors = self._read(path, len(texts.texts))
            if vectors is None:
                vectors = self._encoded(texts)
                self._keep(path, vectors)
            with self._encoding:
                self._opened().encode(["warm"])  # or the first search would wait for the weights
            texts.vectors = vectors
        except Exception as error:  # said on the page; the next warehouse has another try
            texts.trouble = f"The texts can't be encoded ({type(error).__name__}: {error})."

    def _encoded(self, texts: Texts) -> np.ndarray:
        chunks = []
        for start in range(0, len(texts.texts), CHUNK):
            with self._encoding:
                chunks.append(self._opened().encode(texts.texts[start : start + CHUNK]).numpy())
            texts.done = min(start + CHUNK, len(texts.texts))
        return np.concatenate(chunks) if chunks else np.zeros((0, 1), dtype=np.float32)

    def _opened(self) -> "TextEncoder":
        if self._encoder is None:
            import torch

            from dagster_and.encoders import open_text_encoder

            torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))  # a run beside goes on
            self._encoder = open_text_encoder(MODEL)
        return self._encoder

    def _read(self, path: Path, length: int) -> np.ndarray | None:
        try:
            vectors = np.load(path, allow_pickle=False)
        except (OSError, ValueError):
            return None
        return vectors if vectors.ndim == 2 and len(vectors) == length else None

    def _keep(self, path: Path, vectors: np.ndarray) -> None:
        temporary = path.with_name(f".{uuid4().hex}.npy")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(temporary, vectors)
            temporary.replace(path)
        except OSError:  # a home that can't be written is read all the same
            temporary.unlink(missing_ok=True)
