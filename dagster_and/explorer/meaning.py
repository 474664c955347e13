"""Search by meaning: what is said of neurons as vectors, each distinct text once, made beside and kept.

To a sentence encoder "anything but a siren" is about sirens. So a text that denies is no nearer than what it affirms,
and far where it only denies. And what is asked for is taken as it stands and as the sound of it: "traffic" by itself is
near to nothing that sounds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread

import numpy as np

from dagster_and.encoders import encoding_by
from dagster_and.explorer.warehouse import Reader
from dagster_and.lake.shared import ALONE, Shared
from dagster_and.method.evidence.reading import affirmed, denies

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
    """Of the texts, and after them of what those affirm that deny something: 0 where that is nothing."""
    done: int = 0
    trouble: str | None = None

    @cached_property
    def denying(self) -> list[int]:
        """Places of the texts that deny something."""
        return [place for place, text in enumerate(self.texts) if denies(text)]


class Meaning:
    """Encodes the texts of a dissection in the background when they are first asked for.

    Vectors are taken from and kept in ``cache``, by text, with those of the rooms, and shared as they are.
    """

    def __init__(self, cache: Path, shared: Shared = ALONE):
        self._encode_texts = encoding_by(MODEL, cache, shared)
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
        """How near the nearest texts are to what is asked for, 1 at most, nearest first."""
        assert texts.vectors is not None, "they are encoded"
        if not texts.texts:
            return {}
        with self._encoding:
            vector = self._encode_texts([asked, f"the sound of {asked}"]).mean(axis=0)
        cosines, held = np.split(texts.vectors @ vector, [len(texts.texts)])
        cosines[texts.denying] = np.minimum(cosines[texts.denying], held)
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
        held = [affirmed(texts.texts[place]) for place in texts.denying]
        every, chunks = [*texts.texts, *held], []
        for start in range(0, len(every), CHUNK):
            with self._encoding:
                chunks.append(self._encode_texts(every[start : start + CHUNK]))
            texts.done = min(start + CHUNK, len(texts.texts))
        vectors = np.concatenate(chunks) if chunks else np.zeros((0, 1), dtype=np.float32)
        vectors[[not text for text in every]] = 0
        return vectors
