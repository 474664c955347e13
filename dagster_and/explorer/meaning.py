"""Search by meaning: what is said of neurons as vectors, each distinct text once, made beside and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

import numpy as np

from dagster_and.encoders import encoding_by
from dagster_and.explorer.warehouse import Reader

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

    Vectors are taken from and kept in ``cache``, by text, with those of the rooms.
    """

    def __init__(self, cache: Path):
        self._encode_texts = encoding_by(MODEL, cache)
        self._lock = Lock()
        self._encoding = Lock()
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
            vector = self._encode_texts([asked])[0]
        cosines = texts.vectors @ vector
        places = np.argsort(-cosines, kind="stable")[:NEAREST].tolist()
        return {texts.texts[place]: float(cosines[place]) for place in places if cosines[place] >= LEAST}

    def _encode(self, texts: Texts) -> None:
        try:
            vectors = self._encoded(texts)
            with self._encoding:
                encoding_by(MODEL)(["warm"])  # or the first search would wait for the weights
            texts.vectors = vectors
        except Exception as error:  # said on the page; the next warehouse has another try
            texts.trouble = f"The texts can't be encoded ({type(error).__name__}: {error})."

    def _encoded(self, texts: Texts) -> np.ndarray:
        chunks = []
        for start in range(0, len(texts.texts), CHUNK):
            with self._encoding:
                chunks.append(self._encode_texts(texts.texts[start : start + CHUNK]))
            texts.done = min(start + CHUNK, len(texts.texts))
        return np.concatenate(chunks) if chunks else np.zeros((0, 1), dtype=np.float32)
