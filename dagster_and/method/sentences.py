"""Text to sentences, without taking an abbreviation's or a decimal's point for an end."""

import re

ABBREVIATIONS = frozenset(
    {"approx.", "cf.", "dr.", "e.g.", "etc.", "fig.", "i.e.", "jr.", "mr.", "mrs.", "ms.", "no.", "nr.", "prof.",
     "sr.", "st.", "vs.", "vol."}
)  # fmt: skip
_END = re.compile(r"(?:\.{3}|[.!?…]|[。！？])+[\"'”’)\]]*(?=\s|$)|[。！？]+|\n\s*\n+|\n\s*(?=(?:[-*•]|\d+[.)])\s)")
_BULLET = re.compile(r"^\s*(?:[-*•]+|\d+[.)])\s+")
_TOKEN = re.compile(r"\w+(?:[-'’.]\w+)*|[^\w\s]")


def split_sentences(text: str) -> list[str]:
    """Sentences in their order, blanks collapsed, bullets and list numbers taken off; never an empty one.

    A sentence ends at a full stop, question or exclamation mark, at a blank line and before a bullet; not at the point
    of a decimal (2.5), of an initial (J. S. Bach) or of a known abbreviation, unless the text ends there or, for etc.,
    a capital follows.
    """
    sentences: list[str] = []
    start = 0
    for mark in _END.finditer(text):
        if not _is_end(text, mark):
            continue
        sentences.append(text[start : mark.end()])
        start = mark.end()
    sentences.append(text[start:])
    cleaned = (" ".join(_BULLET.sub("", sentence).split()) for sentence in sentences)
    return [sentence for sentence in cleaned if re.search(r"\w", sentence)]


def tokens(sentence: str) -> list[str]:
    """Words and punctuation marks; a hyphenated word and a decimal are one token each."""
    return _TOKEN.findall(sentence)


def _is_end(text: str, mark: re.Match[str]) -> bool:
    if mark.group()[0] != "." or mark.group().startswith(".."):
        return True
    before = text[: mark.start()].rsplit(maxsplit=1)[-1:] or [""]
    word = f"{before[0].lstrip('([').lower()}."
    following = text[mark.end() :].lstrip()
    if not following:
        return True
    if re.fullmatch(r"\d+\.", word) and not _line_before(text, mark.start(), word):
        return False  # the number of a list
    if word == "etc.":
        return following[0].isupper()
    is_initial = re.fullmatch(r"(?:\w\.)+", word) is not None and not word[0].isdigit() and word != "i."
    return not (word in ABBREVIATIONS or is_initial)


def _line_before(text: str, end: int, word: str) -> str:
    """What stands on the line before ``word``, which ends at ``end``."""
    line = text[:end].rsplit("\n", 1)[-1]
    return line[: len(line) - len(word) + 1].strip()
