"""Captions and summaries in sentences."""

import re

ABBREVIATIONS = frozenset(["approx", "cf", "dr", "e.g", "fig", "i.e", "incl", "mr", "mrs", "ms", "prof", "vs"])
"""What ends in a full stop within a sentence, in lower case and without it. "etc." is none: it mostly ends one."""

_MARKER = re.compile(r"^\s*(?:[-*•–—]\s+|\(?\d{1,3}[.)]\s+|#{1,6}\s+)+")
_TOKEN = re.compile(r"\w+(?:[-'’.]\w+)*|[^\w\s]")
_END = re.compile(
    r"[.!?…]+[\"'”’)\]]*(?=\s)"  # an end mark, what closes with it, and a blank
    r"|[。！？]+[”’」』）]*"  # scripts that set no blank
    r"|(?<=[a-z]{2})[.!?](?=[A-Z][a-z])"  # a forgotten blank
)


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, blanks made single, in their order; marks of lists and headings are left out.

    A line break ends a sentence; a full stop does not after an abbreviation or an initial, nor within a number, nor do
    three dots before a small letter.
    """
    sentences: list[str] = []
    for line in text.splitlines():
        sentences += _split_line(_MARKER.sub("", line).strip())
    return sentences


def tokens(sentence: str) -> list[str]:
    """Words and punctuation marks; a hyphenated word and a decimal are one token each."""
    return _TOKEN.findall(sentence)


def _split_line(line: str) -> list[str]:
    parts, start = [], 0
    for end in _END.finditer(line):
        if _is_end(line[start : end.end()], line[end.end() :].lstrip()):
            parts.append(line[start : end.end()])
            start = end.end()
    cleaned = [" ".join(_MARKER.sub("", part).split()) for part in (*parts, line[start:])]
    return [part for part in cleaned if any(character.isalnum() for character in part)]


def _is_end(sentence: str, following: str) -> bool:
    """Whether the mark at the end of ``sentence`` ends it; ``following`` is what comes after, without blanks."""
    words = sentence.split()
    if sentence[-1] != ".":
        return True
    if sentence.endswith(("..", "….")):
        return not following[:1].islower()
    last = words[-1].lstrip("\"'“‘([").rstrip(".")
    is_initial = len(last) == 1 and last.isalpha() and last.isupper() and len(words) > 1
    is_enumerator = len(words) == 1 and last.isdigit()
    return not (last.lower() in ABBREVIATIONS or is_initial or is_enumerator)
