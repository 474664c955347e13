"""Texts of few sentences as the mean of these."""

from collections.abc import Sequence

import numpy as np
import pytest

from dagster_and.method.text.paragraphs import Paragraphs

VECTORS = {
    "It is loud.": (1, 0, 0),
    "It is a dog.": (0, 1, 0),
    "It is not.": (-1, 0, 0),
    "rain": (0, 0.6, 0.8),
    "": (0, 0, 1),
}


def encode(sentences: Sequence[str]) -> np.ndarray:
    assert len(set(sentences)) == len(sentences)
    return np.array([VECTORS[sentence] for sentence in sentences], dtype=np.float32)


def test_a_text_is_the_normalised_mean_of_its_sentences_each_encoded_once():
    texts = ["It is loud. It is a dog.", "It is a dog.", "It is loud. It is loud. It is a dog.", "rain", ""]
    vectors = Paragraphs(texts, encode)([*texts, texts[0]])
    half = 0.5**0.5
    expected = [(half, half, 0), (0, 1, 0), (2 / 5**0.5, 1 / 5**0.5, 0), (0, 0.6, 0.8), (0, 0, 1), (half, half, 0)]
    assert vectors == pytest.approx(np.array(expected))
    assert vectors.dtype == np.float32


def test_sentences_that_cancel_each_other_give_zero_and_no_text_gives_no_row():
    vector_of = Paragraphs(["It is loud. It is not."], encode)
    assert vector_of(["It is loud. It is not."]).tolist() == [[0, 0, 0]]
    assert vector_of([]).shape == (0, 3)
    assert Paragraphs([], encode)([]).shape[0] == 0
