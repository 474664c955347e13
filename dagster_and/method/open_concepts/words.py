"""Module C, open-concept identification: the words of each neuron's calibrated summary (AND, section 3.3).

Adjectives are JJ, JJR, JJS and VBN without a negation in the four tokens before, less a stop list; nouns NN*, verbs VB*
and prepositions IN less stop words. "high" and "low" are kept only of "high quality" and "low quality", as high-quality
and low-quality. A hyphenated word is one word. A participle that describes (VBN) counts as an adjective, not as a verb.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from dagster_and.method.open_concepts.tables import NEURON_WORDS
from dagster_and.method.text.parts_of_speech import Word, is_named_number, tag

STOP_ADJECTIVES = frozenset(
    {"other", "various", "recorded", "several", "many", "few", "more", "most", "much", "such", "same", "similar",
     "different", "certain", "common", "general", "particular", "specific", "own", "able", "available", "possible",
     "likely", "first", "second", "third", "last", "next", "previous", "overall", "following", "heard", "shared",
     "played", "used", "based", "made", "caused", "described", "followed", "accompanied", "featured", "little",
     "good", "main", "single", "whole", "entire"}
)  # fmt: skip
STOP_NOUNS = frozenset(
    {"sound", "clip", "caption", "audio", "recording", "summary", "description", "commonality", "one", "them",
     "thing", "kind", "type", "lot", "set", "example", "five", "nothing", "something", "everything"}
)  # fmt: skip
STOP_VERBS = frozenset(
    {"be", "have", "do", "can", "may", "might", "will", "would", "should", "could", "let", "seem", "include", "hear",
     "share"}
)  # fmt: skip
STOP_PREPOSITIONS = frozenset({"that", "if", "because", "whether", "while", "although", "though", "than", "as"})
QUALITY = "quality"


@dataclass(frozen=True)
class Found:
    """A word of a summary: its part of speech and lemma, and how it stands there."""

    part_of_speech: str
    lemma: str
    word: str


@lru_cache(maxsize=65536)
def words_of(sentence: str) -> tuple[Found, ...]:
    """The words of a sentence that count, in their order."""
    return tuple(found for words in tag(sentence) for found in _words(words))


def _words(words: Sequence[Word]) -> Iterator[Found]:
    for i, word in enumerate(words):
        if word.lemma in ("high", "low") and word.tag.startswith("JJ"):
            if i + 1 < len(words) and words[i + 1].lemma == QUALITY and not word.is_negated:
                yield Found("adjective", f"{word.lemma}-{QUALITY}", f"{word.text} {words[i + 1].text}")
        elif word.is_adjective:
            if not word.is_negated and word.lemma not in STOP_ADJECTIVES:
                yield Found("adjective", word.lemma, word.text)
        elif word.is_noun and (word.lemma not in STOP_NOUNS or is_named_number(words, i)):
            yield Found("noun", word.lemma, word.text)
        elif word.tag.startswith("VB") and word.lemma not in STOP_VERBS:
            yield Found("verb", word.lemma, word.text)
        elif word.tag == "IN" and word.lemma not in STOP_PREPOSITIONS:
            yield Found("preposition", word.lemma, word.text)


def distinct_adjectives(sentences: Iterable[str]) -> list[str]:
    """Lemmas of all adjectives of the kept sentences, sorted: each is judged once."""
    return sorted({f.lemma for s in set(sentences) for f in words_of(s) if f.part_of_speech == "adjective"})


def neuron_words(sentences: pl.DataFrame, verdicts: Mapping[str, bool | None]) -> pl.DataFrame:
    """The table ``neuron_words``.

    Args:
        sentences: the table ``summary_sentences``; only kept ones count.
        verdicts: of every adjective's lemma, None where nobody could say.
    """
    kept = sentences.filter("is_kept").sort("neuron_id", "sentence_index")
    texts = kept.group_by("neuron_id", maintain_order=True).agg("sentence")
    neurons: dict[tuple[str, ...], list[int]] = {}
    for neuron, own in texts.iter_rows():
        neurons.setdefault(tuple(own), []).append(neuron)
    frames = [
        _counted(own, verdicts).join(pl.DataFrame({"neuron_id": ids}, schema={"neuron_id": pl.Int32}), how="cross")
        for own, ids in neurons.items()
    ]
    if not frames:
        return pl.DataFrame(NEURON_WORDS.schema.empty_table())
    return pl.concat(frames).select(NEURON_WORDS.schema.names).sort(NEURON_WORDS.key)


def _counted(sentences: tuple[str, ...], verdicts: Mapping[str, bool | None]) -> pl.DataFrame:
    found = [word for sentence in sentences for word in words_of(sentence)]
    first: dict[tuple[str, str], str] = {}
    for word in found:
        first.setdefault((word.part_of_speech, word.lemma), word.word)
    times = Counter((word.part_of_speech, word.lemma) for word in found)
    rows = [(p, lemma, text, times[p, lemma], verdicts[lemma] if p == "adjective" else None)
            for (p, lemma), text in first.items()]  # fmt: skip
    schema = {"part_of_speech": pl.String, "lemma": pl.String, "word": pl.String, "occurrences": pl.Int32}
    return pl.DataFrame(rows, schema=schema | {"is_acoustic": pl.Boolean}, orient="row")


Judged = tuple[bool | None, str | None, str | None]
"""Verdict, answer_id, missing_reason."""


def judge_adjectives(
    adjectives: Sequence[str],
    ask: Callable[[Sequence[str]], Sequence[Judged]],
    describer: str,
    source: Callable[[str], str],
) -> pl.DataFrame:
    """The table ``adjectives``: every one asked about once."""
    rows = [(a, *answer) for a, answer in zip(adjectives, ask(adjectives), strict=True)]
    schema = {"adjective": pl.String, "is_acoustic": pl.Boolean, "answer_id": pl.String, "missing_reason": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        describer=pl.lit(describer), source=pl.Series([source(a) for a in adjectives], dtype=pl.String)
    )
