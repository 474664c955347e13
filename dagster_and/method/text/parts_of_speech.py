"""Words with their part of speech and lemma. The tagger is TextBlob's PatternTagger: Penn tags, lexicon in the package.

It is a small tagger, so three of its habits are mended here: contractions are written out (it splits "isn't" in three),
everything is tagged in lower case (it takes capitals for names), and "a siren" is a noun although it says adjective.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from dagster_and.method.text.sentences import split_sentences

NEGATIONS = frozenset({"no", "not", "never", "without", "neither", "nor"})
"""The paper has "no" and "not"; "n't" is written out as "not", and the other four negate just as much."""

NUMERAL_NOUNS = frozenset({"number", "digit"})
"""What makes a noun of the numeral after it."""

AT_ONCE = 200
"""Tokens that the tagger is handed at once: a caption may be of any length, and its rules look three tokens around."""

_CONTRACTIONS = (
    (r"\b(can)'?t\b", r"\1 not"),
    (r"\bwon't\b", "will not"),
    (r"n't\b", " not"),
    (r"\b(it|that|there|he|she|what|who)'s\b", r"\1 is"),
    (r"(\w)'(?:s|re|ve|ll|d|m)\b", r"\1"),
    (r"(\w)'(?=\s|$)", r"\1"),
)
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:[-'][^\W_]+)*|[^\w\s]")
_IRREGULAR = {
    "am": "be", "is": "be", "are": "be", "was": "be", "were": "be", "been": "be", "being": "be", "has": "have",
    "had": "have", "having": "have", "does": "do", "did": "do", "done": "do", "heard": "hear", "made": "make",
    "rang": "ring", "rung": "ring", "sang": "sing", "sung": "sing", "blew": "blow", "blown": "blow", "ran": "run",
    "went": "go", "gone": "go", "came": "come", "spoke": "speak", "spoken": "speak", "broke": "break",
    "broken": "break", "struck": "strike", "shook": "shake", "fell": "fall", "fallen": "fall", "flew": "fly",
    "said": "say", "felt": "feel", "held": "hold", "left": "leave", "kept": "keep", "sounds": "sound",
    "better": "good", "best": "good", "worse": "bad", "worst": "bad", "dying": "die", "lying": "lie",
}  # fmt: skip


@dataclass(frozen=True)
class Word:
    """``text`` as it stands, ``tag`` of the Penn treebank, ``lemma`` in lower case; ``is_negated``: a negation stands
    within the four tokens before it, in its own sentence.
    """

    text: str
    tag: str
    lemma: str
    is_negated: bool

    @property
    def is_noun(self) -> bool:
        """NN, NNS, NNP or NNPS, with at least one letter."""
        return self.tag.startswith("NN") and any(c.isalpha() for c in self.text)

    @property
    def is_adjective(self) -> bool:
        """JJ, JJR, JJS or VBN (AND, module C)."""
        return (self.tag.startswith("JJ") or self.tag == "VBN") and any(c.isalpha() for c in self.text)


def is_named_number(words: Sequence[Word], i: int) -> bool:
    """Whether a word is a number by name ("the number one"), and so a thing, not a count."""
    return i > 0 and words[i].is_noun and words[i - 1].lemma in NUMERAL_NOUNS


@lru_cache(maxsize=65536)
def tag(text: str) -> tuple[tuple[Word, ...], ...]:
    """The words and marks of each sentence of ``text``."""
    return tuple(_tag_sentence(sentence) for sentence in split_sentences(text))


def _tag_sentence(sentence: str) -> tuple[Word, ...]:
    flat = re.sub(r"[’‘`´]", "'", sentence)
    flat = re.sub(r"[‐‑]", "-", flat)
    for pattern, replacement in _CONTRACTIONS:
        flat = re.sub(pattern, replacement, flat, flags=re.IGNORECASE)
    texts = [t.replace("/", ",") for t in _WORD.findall(flat)]
    if not texts:
        return ()
    chunks = (texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE))
    tags = _nouns_after_articles(texts, [kind for chunk in chunks for kind in _tags(chunk)])
    negating = [text.lower() in NEGATIONS for text in texts]
    return tuple(
        Word(text, kind, lemma(text.lower(), kind), any(negating[max(0, i - 4) : i]))
        for i, (text, kind) in enumerate(zip(texts, tags, strict=True))
    )


def _tags(texts: list[str]) -> list[str]:
    return [kind for _, kind in _tagger().tag(" ".join(texts).lower(), tokenize=False)]


def _nouns_after_articles(texts: list[str], tags: list[str]) -> list[str]:
    """ "a siren" and "a clock tick" with nothing after them to describe are nouns, whatever their usual tag."""
    mended = list(tags)
    for i in range(1, len(texts)):
        following = tags[i + 1] if i + 1 < len(texts) else "."
        if following in ("CC", ",") and i + 2 < len(texts) and tags[i + 2].startswith(("JJ", "VBN")):
            continue  # a loud and clear voice
        before = texts[i - 1].lower()
        is_alone = tags[i] in ("JJ", "VB", "VBP", "VBZ") and before in ("a", "an", "the")
        if tags[i] == "CD" and before in NUMERAL_NOUNS:
            mended[i] = "NN"  # the number three
        is_compound = tags[i] in ("VB", "VBP", "JJR") and tags[i - 1] == "NN"
        if (is_alone or is_compound) and _closes(following):
            mended[i] = "NN"
    return mended


def _closes(kind: str) -> bool:
    return not kind.startswith(("JJ", "NN", "VBG", "VBN", "CD", "RB"))


def lemma(word: str, kind: str) -> str:
    """Dictionary form of a word in lower case, by its Penn tag. Participles that describe (VBN) stay: muffled."""
    if kind.startswith("NN"):
        return _singular(word, kind)
    if kind.startswith("JJ") and kind != "JJ":
        return _IRREGULAR.get(word) or _known_stem(word, ("est", "er"), "JJ") or word
    if kind.startswith("VB") and kind != "VBN":
        return _IRREGULAR.get(word) or _infinitive(word)
    return word


@cache
def _singular(word: str, kind: str) -> str:
    from textblob.en import inflect

    known = _lexicon().get(word)
    is_plural = kind.endswith("S") or (word.endswith("s") and (known is None or known == "NNS"))
    if not is_plural or word.endswith(("ss", "us", "is")) or (len(word) < 4 and word.endswith("s")):
        return word
    return inflect.singularize(word)


@cache
def _infinitive(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("s") and not word.endswith("ss"):
        for stem in (word[:-1], word[:-2]):
            if stem in _lexicon():
                return stem
        return word[:-1]
    return _known_stem(word, ("ing", "ed"), "") or word


def _known_stem(word: str, endings: tuple[str, ...], kind: str) -> str | None:
    """The first stem that the tagger's lexicon knows: hot-ter, simpl-est, happi-er, bark-ing, mak-ing, run-ning."""
    for ending in endings:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 2:
            continue
        shorter = stem[:-1] if len(stem) > 2 and stem[-1] == stem[-2] else stem
        softer = f"{stem[:-1]}y" if stem.endswith("i") else stem
        for candidate in (stem, f"{stem}e", shorter, softer):
            if candidate in _lexicon() and _lexicon()[candidate].startswith(kind):
                return candidate
    return None


@cache
def _textblob() -> tuple[Any, Any]:
    """TextBlob's tagger and lexicon, with all their files read: it leaves them open, which Python warns of."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        from textblob.en import lexicon
        from textblob.taggers import PatternTagger

        tagger = PatternTagger()
        tagger.tag("a warm zorbic tone")
        len(lexicon)
    return tagger, lexicon


def _tagger() -> Any:
    return _textblob()[0]


def _lexicon() -> Any:
    return _textblob()[1]
