"""Words of captions as sets, and how near texts are to captions."""

import numpy as np
import pytest

from dagster_and.method.text.caption_words import (
    CaptionVectors,
    WordNearness,
    content_word_set,
    content_words,
    word_presence,
)


@pytest.mark.parametrize(
    "text",
    ["", "Dogs bark; it is not loud. Loud rain!", "never a siren? A siren", "it isn't high-pitched or noisy. noisy",
     "1. Rain\n- wind and bells. no", "e.g. a dog's bark...quiet"],
)  # fmt: skip
def test_the_set_of_words_is_that_of_the_whole_text_read_at_once(text: str):
    assert content_word_set(text) == set(content_words(text))


def test_equal_captions_are_equally_near_and_all_as_near_as_their_product():
    random = np.random.default_rng(0)
    rows = random.normal(size=(7, 33)).astype(np.float32)[random.integers(0, 7, 90)]
    vectors, clips = random.normal(size=(5, 33)).astype(np.float32), random.permutation(90)[:41]
    near = CaptionVectors(rows).products(vectors, clips)
    np.testing.assert_allclose(near, vectors @ rows[clips].T, atol=1e-5)
    same = (rows[clips][:, None] == rows[clips]).all(axis=2)
    assert all((near[:, a] == near[:, b]).all() for a, b in np.argwhere(same))
    np.testing.assert_allclose(CaptionVectors(rows).products(vectors), vectors @ rows.T, atol=1e-5)


def test_nearness_by_words_asks_for_some_captions_only():
    near = WordNearness(["a dog", "a cat", "a dog and a cat", "rain"])
    everything = near(["A cat.", "Nothing of it."])
    np.testing.assert_allclose(near(["A cat.", "Nothing of it."], np.array([2, 0])), everything[:, [2, 0]], atol=1e-6)
    assert everything[1].tolist() == [0, 0, 0, 0]


def test_a_word_is_listed_from_the_fewest_captions_up_to_the_largest_share_both_counted_in():
    captions = ["A dog barks.", "A dog, rain.", None, "A dog in rain, loud."]
    vocabulary, presence = word_presence(captions, fewest=2, most=1.0)
    assert vocabulary == ["dog", "rain"]
    assert presence.tolist() == [[True, False], [True, True], [False, False], [True, True]]
    assert word_presence(captions, fewest=1, most=0.7)[0] == ["bark", "loud", "rain"]
