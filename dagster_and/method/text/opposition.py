"""Whether two sentences say opposite things: which pole of which scale each of them puts on what.

- A sentence **says** a pole by one of its adjectives, in any form of it: "louder", "loudly", "of high pitch".
- It **denies** a pole by a negation within four words before: "not loud" is the quiet pole at most, never loud. "Not
  only loud" denies nothing.
- The **thing** is the noun that the adjective stands before ("a loud siren"), or the subject of its verb ("the siren is
  loud"). Where that is the clip itself ("it", "they", "the sound"), it goes with whatever the other sentence speaks of.
- Both poles of one scale said of one thing ("either loud or quiet") say nothing on that scale.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dagster_and.method.text.parts_of_speech import NEGATIONS, Word, tag
from dagster_and.method.text.scales import POLES

REACH = 4
"""Words that a negation reaches over."""
_DIMINISHING = frozenset({"less", "least", "hardly", "barely", "scarcely", "rarely", "seldom"})
_ADDING = frozenset({"only", "just", "merely"})
_TURNS = frozenset({"but", "yet", "instead", "rather", ";", ":"})
_CLIP_ITSELF = frozenset(
    {"audio", "background", "caption", "characteristic", "clip", "example", "file", "frequency", "kind", "level",
     "majority", "most", "noise", "one", "piece", "pitch", "quality", "recording", "sample", "sound", "soundscape",
     "tone", "track", "type", "volume"}
)  # fmt: skip
_ADVERBS = frozenset({"even", "long"})
"""Poles only where they stand as adjectives: not in "even louder"."""
_MEASURE = re.compile(r"^(?:pitch|frequency|volume|quality|level)(?:e?d)?$")


@dataclass(frozen=True)
class Stance:
    """A pole of a scale, whether it is denied, and of what it is said; None for the clip itself."""

    scale: str
    pole: int
    is_denied: bool
    thing: str | None

    def contradicts(self, other: "Stance") -> bool:
        """One pole against the other, or a pole against its denial; two denials don't contradict each other."""
        if self.scale != other.scale or (self.thing and other.thing and self.thing != other.thing):
            return False
        if self.is_denied != other.is_denied:
            return self.pole == other.pole
        return not self.is_denied and self.pole != other.pole


def are_contrary(sentence: str, other: str) -> bool:
    """Whether the sentences put opposite poles of a scale on the same thing; symmetric."""
    there = stances(other)
    return bool(there) and any(mine.contradicts(theirs) for mine in stances(sentence) for theirs in there)


@lru_cache(maxsize=65536)
def stances(text: str) -> frozenset[Stance]:
    """Where a text stands on the scales that it speaks of."""
    said = {stance for words in tag(text) for stance in _said(words)}
    return frozenset(stance for stance in said if not any(_undoes(stance, other) for other in said))


def _undoes(stance: Stance, other: Stance) -> bool:
    return stance.thing == other.thing and stance.contradicts(other)


def _said(words: Sequence[Word]) -> Iterator[Stance]:
    for i in range(len(words)):
        found = _poles_at(words, i)
        if found:
            is_denied, thing = _is_denied(words, i), _thing(words, i)
            for scale, pole in found:
                yield Stance(scale, pole, is_denied, thing)


def _poles_at(words: Sequence[Word], i: int) -> frozenset[tuple[str, int]]:
    word = words[i]
    text = word.text.lower()
    if text in ("high", "low") and i + 1 < len(words) and _MEASURE.match(words[i + 1].text.lower()):
        measure = words[i + 1].lemma.removesuffix("ed")
        return POLES.get(f"{text}-{measure}", POLES.get(f"{text}-{measure}ed", frozenset()))
    if text in _ADVERBS and word.tag.startswith("RB") and i + 1 < len(words):
        following = words[i + 1]
        if not (following.is_noun or following.tag == "CC" or not following.text[0].isalnum()):
            return frozenset()
    stem = text.removesuffix("ly") if text.endswith("ly") else text
    forms = (text, word.lemma, stem, f"{stem[:-1]}y" if stem.endswith("i") else stem)
    return next((POLES[form] for form in forms if form in POLES), frozenset())


def _is_denied(words: Sequence[Word], i: int) -> bool:
    if any(word.text.lower() in _DIMINISHING for word in words[max(0, i - 2) : i]):
        return True
    for at in range(i - 1, max(-1, i - 1 - REACH), -1):
        text = words[at].text.lower()
        if text in _TURNS:
            return False
        if text in NEGATIONS:
            return words[at + 1].text.lower() not in _ADDING
    return False


def _thing(words: Sequence[Word], i: int) -> str | None:
    """The noun that the adjective is said of."""
    at = i + 1
    while at < len(words) and (words[at].is_adjective or words[at].tag in ("CC", ",", "RB") or _poles_at(words, at)):
        at += 1
    if at < len(words) and words[at].is_noun and not words[i].tag.startswith("RB"):
        while at + 1 < len(words) and words[at + 1].is_noun:
            at += 1
        return _named(words[at])
    if words[at - 1].is_adjective and not _poles_at(words, at - 1) and _has_article(words, i):
        return _named(words[at - 1])  # the tagger takes some nouns for adjectives: a loud siren is heard
    return _subject(words, i)


def _has_article(words: Sequence[Word], i: int) -> bool:
    before = i - 1
    while before >= 0 and (words[before].is_adjective or words[before].tag in ("CC", ",", "RB")):
        before -= 1
    return before >= 0 and words[before].tag == "DT"


def _subject(words: Sequence[Word], i: int) -> str | None:
    at = i - 1
    while at >= 0 and not words[at].tag.startswith(("VB", "MD")):
        at -= 1
    while at >= 0 and words[at].tag.startswith(("VB", "MD", "RB")):
        at -= 1
    return _named(words[at]) if at >= 0 and words[at].is_noun else None


def _named(word: Word) -> str | None:
    return None if {word.lemma, word.lemma.removesuffix("s")} & _CLIP_ITSELF else word.lemma
