"""Vectors of texts that are put together from few sentences: those of their sentences, which recur, put together.

Descriptions of 50,000 neurons are nearly all different, but for the order and choice of a few thousand sentences. So
sentences are encoded, each once, and a text's vector is the normalised mean of its sentences'.
"""

from collections.abc import Callable, Sequence

import numpy as np

from dagster_and.method.text.sentences import split_sentences

Encode = Callable[[Sequence[str]], np.ndarray]
"""Texts to unit embeddings, float32 "text dim"."""


class Paragraphs:
    """Vectors of known texts.

    Args:
        texts: all that will be asked for; each distinct sentence of them is encoded once.
        encode: sentences to unit embeddings.
    """

    def __init__(self, texts: Sequence[str], encode: Encode):
        parts = {text: split_sentences(text) or [text] for text in dict.fromkeys(texts)}
        sentences = sorted({sentence for own in parts.values() for sentence in own})
        places = {sentence: place for place, sentence in enumerate(sentences)}
        self._encoded = encode(sentences) if sentences else np.empty((0, 1), dtype=np.float32)
        self._parts = {text: [places[sentence] for sentence in own] for text, own in parts.items()}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 "text dim"."""
        parts = [self._parts[text] for text in texts]
        if not parts:
            return np.empty((0, self._encoded.shape[1]), dtype=np.float32)
        counts = np.array([len(own) for own in parts])
        starts = np.cumsum(counts) - counts
        every = self._encoded[np.concatenate(parts)].astype(np.float64)
        summed = np.add.reduceat(every, starts, axis=0)
        length = np.linalg.norm(summed, axis=1, keepdims=True)
        return (summed / np.where(length > 0, length, 1.0)).astype(np.float32)
