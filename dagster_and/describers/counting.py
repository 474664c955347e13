"""The embedded describer: counts what the captions share and says so. No LLM, no key, no network.

One fact a sentence, of six tokens or more, worded so that the fact weighs more than its frame: calibration (module B)
compares whole sentences by their embeddings and drops those of five tokens. "Every clip is of rain." and the same
with wind lie at a cosine of about 0.5; "All five clips are of rain." and wind at about 0.7, and both would go.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from dagster_and.describers.describer import Choice, Reply
from dagster_and.describers.lexicon import LEXICON, judge
from dagster_and.foundation.keys import digest
from dagster_and.method.summaries.common_ground import CommonGround, Reading, common_ground, read
from dagster_and.method.text.names import audio_about
from dagster_and.method.text.paragraphs import Encode, Paragraphs

ENCODER = "minilm"
"""The sentence encoder that it is to be handed."""
RULES_VERSION = 2
NUMBERS = [
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
]  # fmt: skip


class CountingDescriber:
    """Summarises by counting, chooses concepts by embedding, judges adjectives by ``lexicon.yml``.

    ``encode`` gives the unit embeddings of texts by the encoder that ``ENCODER`` names, "text dim".
    """

    name = "counting"

    def __init__(self, encode: Encode):
        self._encode = encode
        self.fingerprint = digest(self.name, RULES_VERSION, LEXICON.read_text(encoding="utf-8"), ENCODER)

    def summarise(self, captions: Sequence[tuple[str, ...]]) -> list[Reply[str]]:
        """For each set of captions what they share; that they share little is said, too."""
        return [
            Reply(_say(common_ground([_read(caption) for caption in one]))) if one else Reply(None, None, "no caption")
            for one in captions
        ]

    def choose(self, choices: Sequence[Choice]) -> list[Reply[tuple[str, ...]]]:
        """The k concepts whose "This is an audio about {}" lies nearest to the summary; ties by concept order.

        A summary's embedding is the mean of its sentences'.
        """
        vector_of = Paragraphs([choice.summary for choice in choices], self._encode)
        known = {words: self._encode([audio_about(word) for word in words]) for words in {c.concepts for c in choices}}
        vectors = vector_of([choice.summary for choice in choices])
        replies: list[Reply[tuple[str, ...]]] = []
        for choice, vector in zip(choices, vectors, strict=True):
            ranking = np.argsort(-(known[choice.concepts] @ vector), kind="stable")
            replies.append(Reply(tuple(choice.concepts[i] for i in ranking[: choice.k].tolist())))
        return replies

    def judge(self, adjectives: Sequence[str]) -> list[Reply[bool]]:
        """The lexicon's verdicts."""
        return [self._verdict(adjective) for adjective in adjectives]

    @staticmethod
    def _verdict(adjective: str) -> Reply[bool]:
        verdict = judge(adjective)
        return Reply(verdict.is_acoustic) if verdict else Reply(None, None, "not in the lexicon")


@lru_cache(maxsize=65536)
def _read(caption: str) -> Reading:
    return read(caption, _is_acoustic)


def _is_acoustic(adjective: str) -> bool | None:
    verdict = judge(adjective)
    return verdict.is_acoustic if verdict else None


def _say(shared: CommonGround) -> str:
    """Sentences in plain English."""
    n = shared.of
    said: list[str] = []
    for subject in shared.subjects:
        said.append(f"{_count(subject.clips, n, is_first=not said)} of {subject.what}.")
    if not said:
        little = "is of nothing that its caption names" if n == 1 else "are of different things"
        said.append(f"The one clip {little}." if n == 1 else f"The {_number(n)} clips {little}.")
    said += [f"{_count(quality.clips, n, is_first=False)} {quality.what}." for quality in shared.qualities]
    if n > 1 and not shared.qualities and not shared.subjects:
        said = [f"The {_number(n)} clips share very little."]
    return " ".join(said)


def _count(clips: int, of: int, *, is_first: bool) -> str:
    """Subject and verb: "Every clip is", "Four of the clips are", "Two of them are"."""
    if of == 1:
        return "The one clip is" if is_first else "The sound of it is"
    if clips == of:
        many = ("Both clips", "Both of them") if of == 2 else ("Every clip", "Every one of them")
        return f"{many[0 if is_first else 1]} {'are' if of == 2 else 'is'}"
    number = _number(clips).capitalize()
    return f"{number} of {'the clips' if is_first else 'them'} {'is' if clips == 1 else 'are'}"


def _number(n: int) -> str:
    return NUMBERS[n] if n < len(NUMBERS) else f"{n:,}"
