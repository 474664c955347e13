"""How a label or a sentence is read: its content words, which of them it denies, and its numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dagster_and.method.text.names import name_key

_TOKEN = re.compile(
    r"(?P<note>\b[A-G]#?\d\b)|(?P<number>(?:(?<![\w.])-)?\d+(?:[.,]\d+)*)"
    r"|(?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*)|(?P<mark>[,;:.!?()])"
)
_PITCHED = re.compile(r"\b(high|low|mid)[ -]?pitched\b", re.IGNORECASE)
_DENYING = re.compile(
    r"\b(?:anything|everything|all) (?:but|except)\b|\b(?:other than|apart from|except for|free of)\b"
)
DENIALS = frozenset(
    {"not", "no", "never", "without", "neither", "nor", "except", "excluding", "isn't", "aren't", "cannot", "nothing"}
)
CLOSING = frozenset({"but", "also", "otherwise", "else", "unless"})
"""Words that end a denial; so does every mark."""
UNITS = frozenset({"hz", "dbf", "ms", "onset"})
"""Keys of units, which may stand twice."""
_FREE = """
a an and any are as at be being by either else for from has have if in is it its of on or other otherwise per s second
such than that the their them there these they this those to which while with also often mostly usually typically
frequently generally sometimes especially including unless well anything everything sound sounds clip clips recording
recordings
"""
FREE = frozenset(_FREE.split())
"""Function words, which any sentence may use. None of them counts, compares or denies."""


@dataclass(frozen=True)
class Said:
    """A content word or a number: as it stands in lower case, its key, whether it is denied; ``at`` which token."""

    text: str
    key: str
    is_denied: bool
    is_number: bool
    at: int


@lru_cache(maxsize=65536)
def tokens(text: str) -> tuple[tuple[str, str], ...]:
    """Kind (word, number, note, denial, mark) and text of every token in lower case; "anything but" is one denial."""
    flat = _PITCHED.sub(r"\1-pitched", re.sub(r"[’‘]", "'", re.sub(r"[‐‑–−]", "-", text)))
    found: list[tuple[str, str]] = []
    start = 0
    for denying in (*_DENYING.finditer(flat.lower()), None):
        part = flat[start : denying.start() if denying else None]
        for match in _TOKEN.finditer(part):
            kind, word = str(match.lastgroup), match.group()
            lower = word if kind == "note" else word.lower()
            found.append(("denial" if lower in DENIALS or lower.endswith("n't") else kind, lower))
        if denying:
            found.append(("denial", denying.group()))
            start = denying.end()
    return tuple(found)


@lru_cache(maxsize=65536)
def said(text: str) -> tuple[Said, ...]:
    """The content words and numbers of a text, in their order.

    A denial reaches up to the next mark, or a word such as "also" or "but".

    >>> [(one.key, one.is_denied) for one in said("Anything but wind or an engine, often loud.")]
    [('wind', True), ('engin', True), ('loud', False)]
    """
    return tuple(_said(text))


def _said(text: str) -> Iterator[Said]:
    denied = False
    for at, (kind, word) in enumerate(tokens(text)):
        if kind == "denial":
            denied = True
        elif kind == "mark" or word in CLOSING:
            denied = denied and word in "()"
        elif kind == "number":
            yield Said(word, word.replace(",", ""), denied, True, at)
        elif kind == "word" and word not in FREE:
            key = name_key(word)
            yield Said(word, key, denied, key.isdigit(), at)


def denies(text: str) -> bool:
    """Whether a text denies anything."""
    return any(kind == "denial" for kind, _ in tokens(text))


def affirmed(text: str) -> str:
    """A text without what it denies, and without its marks; empty where it only denies.

    >>> affirmed("Anything but wind or an engine, often loud.")
    'often loud'
    """
    kept, denied = [], False
    for kind, word in tokens(text):
        if kind == "denial":
            denied = True
        elif kind == "mark" or word in CLOSING:
            denied = denied and word in "()"
        elif not denied:
            kept.append(word)
    return " ".join(kept)


def content_keys(text: str) -> frozenset[str]:
    """Keys of the words of a text that may not be said twice: no numbers, no units."""
    return frozenset(one.key for one in said(text) if not one.is_number and one.key not in UNITS)


def free_ors(text: str) -> int:
    """How many "or" of a text stand outside its denials."""
    count, denied = 0, False
    for kind, word in tokens(text):
        if kind == "denial":
            denied = True
        elif kind == "mark" or word in CLOSING:
            denied = denied and word in "()"
        elif word == "or" and not denied:
            count += 1
    return count


def as_sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    bare = text.strip().removesuffix(".")
    return f"{bare[:1].upper()}{bare[1:]}."
