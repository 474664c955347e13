"""Words of captions and descriptions as sets, and how near a text is to a caption by the words that both hold."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

_WORD = re.compile(r"[^\W\d_][^\W_]*(?:[-'][^\W_]+)*|[.!?;]")
"""A word, or the end of a sentence."""
_END = re.compile(r"[.!?;]")

_FUNCTION_WORDS = """
a about above after all also an and any are as at audio be been being between both but by can clip clips come
comes common could do does each either every feature features few five for four from had half has have he hear
heard hears here hold holds how in into is it its itself just many may might more most much near nearly no nor
not nothing of on one ones only or other others out over part recording recordings same she so some something
sound sounds stand stands such than that the their them there these they this those three through to too two
under up very was were what when where which while who will with without would
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Words that say nothing about how a sound is, and those that every caption has."""
NEGATIONS = frozenset({"not", "no", "never", "without", "isn't", "aren't", "doesn't"})
NEGATION_REACH = 4  # the negation itself and three words after it


def content_word_set(text: str) -> frozenset[str]:
    """The distinct :func:`content_words` of a text. What stands between two ends of sentences is read once."""
    return frozenset().union(*map(_words_of_sentence, _END.split(text)))


@lru_cache(maxsize=65536)
def _words_of_sentence(sentence: str) -> frozenset[str]:
    return frozenset(content_words(sentence))


def content_words(text: str) -> list[str]:
    """Words of a text in lower case, without function words; a plural's s is dropped.

    The three words after a negation in a sentence are left out: "not loud" says nothing for loud.
    """
    words, denied = [], 0
    for word in _WORD.findall(text.lower()):
        denied = NEGATION_REACH if word in NEGATIONS else 0 if word in ".!?;" else max(0, denied - 1)
        if not denied and word not in FUNCTION_WORDS and len(word) > 1:
            words.append(_singular(word.removesuffix("'s")))
    return words


def _singular(word: str) -> str:
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if is_plural else word


def word_presence(captions: Sequence[str | None], fewest: int, most: float) -> tuple[list[str], np.ndarray]:
    """Which captions hold which words.

    Args:
        captions: of every clip; None where missing.
        fewest: captions that must hold a word for it to be listed.
        most: share of the captions that a listed word may stand in.

    Returns:
        the words in alphabetical order, and bool "clip word".
    """
    sets = [content_word_set(caption) if caption else frozenset() for caption in captions]
    counts = Counter(word for words in sets for word in words)
    captioned = sum(caption is not None for caption in captions)
    vocabulary = sorted(w for w, n in counts.items() if n >= fewest and n <= most * captioned)
    places = {word: place for place, word in enumerate(vocabulary)}
    presence = np.zeros((len(captions), len(vocabulary)), dtype=bool)
    for clip, words in enumerate(sets):
        presence[clip, [places[word] for word in words if word in places]] = True
    return vocabulary, presence


class CaptionVectors:
    """A vector of each caption; of captions that have the same one it is multiplied once, so they are equally near.

    Args:
        rows: float32 "caption dim".
    """

    def __init__(self, rows: np.ndarray):
        self._rows, place = np.unique(rows, axis=0, return_inverse=True)
        self._place = place.reshape(-1)

    def products(self, vectors: np.ndarray, clips: np.ndarray | None = None) -> np.ndarray:
        """Of vectors ("text dim") with those of the captions of these clips, or all: "text caption"."""
        own, place = np.unique(self._place if clips is None else self._place[clips], return_inverse=True)
        return (vectors @ self._rows[own].T)[:, place]


class WordNearness:
    """TF-IDF cosine of texts with captions: a rare word that both hold counts most. Word order doesn't count."""

    def __init__(self, captions: Sequence[str]):
        vocabulary, presence = word_presence(captions, fewest=1, most=1.0)
        self._places = {word: place for place, word in enumerate(vocabulary)}
        self._weight = np.log((1 + len(captions)) / (1 + presence.sum(axis=0))).astype(np.float32)
        self._captions = CaptionVectors(_unit_rows(presence * self._weight))

    def __call__(self, texts: Sequence[str], clips: np.ndarray | None = None) -> np.ndarray:
        """Cosines with the captions of these clips, or all: float32 "text caption".

        0 for a text that shares no word with any caption.
        """
        words = [[self._places[word] for word in content_word_set(text) if word in self._places] for text in texts]
        row = np.repeat(np.arange(len(words)), [len(own) for own in words])
        places = np.array([place for own in words for place in own], dtype=np.int64)
        rows = np.zeros((len(texts), len(self._weight)), dtype=np.float32)
        rows[row, places] = self._weight[places]
        return self._captions.products(_unit_rows(rows), clips)


def _unit_rows(rows: np.ndarray) -> np.ndarray:
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(norm > 0, norm, 1.0)).astype(np.float32)
