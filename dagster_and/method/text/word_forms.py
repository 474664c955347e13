"""One key for the forms of a word: singular and plural, and what has an -ing ("dogs", "sneezing", "whistling").

A key is no word: it is what the forms of one word have in common after the rules of English spelling ("noises" and
"noise" are both "nois"). It takes words as wholes, so no word is found in another one.
"""

import re
from functools import lru_cache

IRREGULAR = {
    "teeth": "tooth", "feet": "foot", "geese": "goose", "mice": "mouse", "children": "child", "men": "man",
    "women": "woman", "people": "person", "oxen": "ox", "wolves": "wolf", "leaves": "leaf", "knives": "knife",
    "calves": "calf", "halves": "half", "hooves": "hoof", "loaves": "loaf", "thieves": "thief", "shelves": "shelf",
    "wives": "wife", "lives": "life", "elves": "elf", "axes": "axe", "scarves": "scarf",
    "dying": "die", "lying": "lie", "tying": "tie",
}  # fmt: skip
NO_PLURALS = ("ss", "us", "is")
NO_GERUNDS = frozenset(
    {"anything", "ceiling", "darling", "during", "evening", "everything", "gosling", "herring", "morning", "nothing",
     "pudding", "something", "wedding"}
)  # fmt: skip

_VOWEL = re.compile(r"[aeiouy]")
_LACKS_E = re.compile(
    r"[cvu]$|[bcdfgkptz]l$|[dr]g$"  # voic-ing, whistl-ing, charg-ing
    r"|^[^aeiouy]*[aeiouy][^aeiouywx]$"  # mak-ing, snor-ing, typ-ing
    r"|[aeiouy].*[^aeiou]at$"  # vibrat-ing
)
_LACK_E = frozenset(
    {"arrang", "chang", "exchang", "challeng", "cring", "hing", "loung", "plung", "spong", "collid", "combin", "declin",
     "engag", "escap", "excit", "exhal", "explod", "ignit", "inhal", "invit", "provid"}
)  # fmt: skip


@lru_cache(maxsize=65536)
def word_key(word: str) -> str:
    """The key of a word in lower case.

    >>> [word_key(w) for w in ("waves", "wave", "sneezing", "sneeze", "running", "run", "train", "training")]
    ['wave', 'wave', 'sneez', 'sneez', 'run', 'run', 'train', 'train']
    """
    return _plain(_without_ing(_singular(IRREGULAR.get(word, word))))


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(NO_PLURALS):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-2] if re.search(r"(?:s|x|z|ch|sh|o)es$", word) else word[:-1]


def _without_ing(word: str) -> str:
    stem = word.removesuffix("ing")
    if len(word) < 6 or stem == word or word in NO_GERUNDS or not _VOWEL.search(stem):
        return word
    if re.search(r"([bdgmnprt])\1$", stem):
        return stem
    return f"{stem}e" if stem in _LACK_E or _LACKS_E.search(stem) else stem


def _plain(word: str) -> str:
    """What spelling adds is taken off: "movie" and "movies", "noise" and "noising", "purr" and "purring" are alike."""
    if len(word) < 4:
        return word
    if word.endswith("ie"):
        return f"{word[:-2]}y"
    if re.search(r"(?:[sxz]|ch|sh|th|[^o]o)e$", word):
        word = word[:-1]
    return word[:-1] if re.search(r"([bdgmnprtz])\1$", word) else word
