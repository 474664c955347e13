"""What captions say of clips: concepts that they name, words, and words that always come together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from dagster_and.method.statistics.auroc import SMALLEST_GROUP
from dagster_and.method.text.caption_words import content_words
from dagster_and.method.text.lemma_match import content_words as words_of_concept
from dagster_and.method.text.names import name_key, why_wordless
from dagster_and.method.text.parts_of_speech import tag

TOGETHER = 0.9
"""Least share of the captions with either word in which the two stand side by side, for them to be one phrase."""
MOST_WORDS = 300
"""Words that are tried at most, the most frequent ones: what is rarer labels few neurons and costs as much."""
LARGEST_SHARE = 0.9
"""A word that more captions hold says how captions are written."""

Said = dict[str, frozenset[int]]
"""What is said, with the clips whose captions say it."""


def concepts_named(concepts: Sequence[str], captions: Sequence[str | None]) -> Said:
    """The concepts whose words, compared by their keys, all stand in a caption; one without words stands in none.

    Args:
        concepts: in words.
        captions: of every clip, in the order of clip_id; None where missing.
    """
    heard = [set(map(name_key, content_words(caption))) if caption else set() for caption in captions]
    named: Said = {}
    for concept in concepts:
        wanted = set() if why_wordless(concept) else set(map(name_key, words_of_concept(concept)))
        named[concept] = frozenset(clip for clip, words in enumerate(heard) if wanted and wanted <= words)
    return named


def words_said(captions: Sequence[str | None]) -> tuple[Said, Said]:
    """Phrases, and the words that are part of none, most frequent first.

    Args:
        captions: of every clip, in the order of clip_id; None where missing.
    """
    texts = {clip: content_words(caption) for clip, caption in enumerate(captions) if caption}
    clips = _clips_of((clip, word) for clip, words in texts.items() for word in words)
    beside = _clips_of((clip, pair) for clip, caption in enumerate(captions) for pair in _neighbours(caption or ""))
    pairs = [pair for pair in beside if all(word in clips for word in pair)]
    chains = _chains(sorted(pair for pair in pairs if _come_together(beside[pair], *(clips[word] for word in pair))))
    phrases = {" ".join(chain): frozenset.intersection(*(clips[word] for word in chain)) for chain in chains}
    parts = {word for chain in chains for word in chain}
    most = LARGEST_SHARE * len(texts)
    words = {word: held for word, held in clips.items() if word not in parts and SMALLEST_GROUP <= len(held) <= most}
    telling = filter(_tells, words)
    frequent = sorted(telling, key=lambda word: (-len(words[word]), word))[:MOST_WORDS]
    return phrases, {word: words[word] for word in frequent}


def _neighbours(caption: str) -> Iterator[tuple[str, str]]:
    """Content words that stand side by side, with nothing between them."""
    for first, second in pairwise(caption.split()):
        words = content_words(f"{first} {second}") if first[-1].isalnum() else []
        if len(words) == 2:
            yield words[0], words[1]


def _tells(word: str) -> bool:
    """Whether it is a noun, an adjective or a verb: "across" says nothing of a sound."""
    return any(one.tag.startswith(("NN", "JJ", "VB")) for sentence in tag(word) for one in sentence)


def _clips_of(pairs: Iterator[tuple[int, object]]) -> dict:
    found: dict = {}
    for clip, what in pairs:
        found.setdefault(what, set()).add(clip)
    return {what: frozenset(clips) for what, clips in found.items()}


def _come_together(beside: frozenset[int], first: frozenset[int], second: frozenset[int]) -> bool:
    return len(first) > 1 and len(beside) >= TOGETHER * len(first | second)


def _chains(pairs: list[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Pairs that follow each other, linked: (a, b), (b, c) is (a, b, c). A word that repeats ends its chain."""
    following: dict[str, str] = {}
    for first, second in pairs:
        if first != second:
            following.setdefault(first, second)
    preceded = Counter(following.values())
    chains, used = [], set()
    for start in [word for word in following if not preceded[word]] + list(following):
        chain, word = [], start
        while word not in used:
            used.add(word)
            chain.append(word)
            word = following.get(word, word)
        if len(chain) > 1:
            chains.append(tuple(chain))
    return chains


def known_clips(captions: Sequence[str | None]) -> np.ndarray:
    """Which clips have a caption, bool "clip"."""
    return np.array([bool(caption) for caption in captions], dtype=bool)
