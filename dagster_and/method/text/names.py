"""Names of classes and concepts: how they stand in words, when two of them are the same, and which say nothing.

Two names are the same if their keys are (:func:`name_key`). The key is blind to case, underscores, dashes, blanks and
camel case ("dog_bark", "Dog-bark", "dogBark"), writes numbers below a hundred in digits ("three", "3", "03"), and takes
every word without its plural and its -ing (:mod:`dagster_and.method.text.word_forms`). Whole words only, in their
order: "rain" is not "train", "1" is not "10".
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from dagster_and.method.text.word_forms import word_key

_CAMEL = re.compile(r"\b[A-Z]?[a-z]+(?:[A-Z][a-z]+)+\b")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[\s_\-‐‑–,.;:/()\[\]\"]+")
_BESIDE_DIGITS = re.compile(r"(?<=[^\W\d_])(?=[0-9])|(?<=[0-9])(?=[^\W\d_])")

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}

_MACHINE_IDS = (
    (re.compile(r"(?:label|class|category|id|index|target|output)[\s_-]*[0-9]+", re.IGNORECASE), "a numbered label"),
    (re.compile(r"[nvars][0-9]{8}"), "a WordNet id"),
    (re.compile(r"/[mgt]/\w+"), "an AudioSet id"),
    (re.compile(r"(?=.*[0-9])[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE), "a hash"),
)


def name_in_words(label: str) -> str:
    """A class name as words: ``clock_tick`` -> "clock tick", ``dogBark`` -> "dog Bark", ``3`` -> "three"."""
    words = " ".join(re.sub(r"[_-]+", " ", _without_humps(label)).split())
    return number_in_words(words) or words


def number_in_words(text: str) -> str | None:
    """A whole number below a hundred in words; None for any other text."""
    if not re.fullmatch(r"0*[0-9]{1,2}", text):
        return None
    tens, ones = divmod(int(text), 10)
    if tens < 2:
        return _ONES[int(text)]
    return f"{_TENS[tens - 2]}-{_ONES[ones]}" if ones else _TENS[tens - 2]


@lru_cache(maxsize=65536)
def name_key(name: str) -> str:
    """What is equal for names that are the same, and for no others.

    >>> name_key("DogBark"), name_key("barking dogs"), name_key("Twenty-One")
    ('dog bark', 'bark dog', '21')
    """
    words = [] if _kind_of_id(name) else name_words(name)
    return " ".join(_keys(words)) if words else " ".join(re.sub("[_-]", " ", name).casefold().split())


def name_words(name: str) -> list[str]:
    """The words and numbers of a name in lower case, in their order."""
    flat = re.sub(r"['’]", "", _without_humps(name))
    return [part for part in _BESIDE_DIGITS.sub(" ", _SEPARATORS.sub(" ", flat)).casefold().split() if part]


def _without_humps(name: str) -> str:
    """Camel case in words; a capital in the midst of other things ("rAIN", "McCOY") is none."""
    spread = re.sub("_", " ", name)
    return _CAMEL.sub(lambda found: _HUMP.sub(" ", found.group()), spread) if _CAMEL.search(spread) else name


def _keys(words: list[str]) -> list[str]:
    keys: list[str] = []
    previous: int | None = None  # tens in words, which the next word may complete
    for word in words:
        value = _NUMBERS.get(word)
        if value is not None and previous is not None and 0 < value < 10:
            keys[-1] = str(previous + value)
        else:
            keys.append(str(value) if value is not None else _key(word))
        previous = value if value is not None and value >= 20 else None
    return keys


def _key(word: str) -> str:
    is_number = word.isascii() and word.isdigit()
    return (word.lstrip("0") or "0") if is_number else word_key(word)


def is_same_name(name: str, other: str) -> bool:
    """Whether two names mean the same."""
    return name_key(name) == name_key(other)


def class_of(concept: str, labels: Iterable[str]) -> str | None:
    """The class that a concept names, or None: the one that is written alike, else the first that is the same."""
    known = list(labels)
    if concept in known:
        return concept
    wanted = name_key(concept)
    return next((label for label in known if name_key(label) == wanted), None)


def why_wordless(name: str) -> str | None:
    """Why no word can ever match a name; None where one can."""
    kind = _kind_of_id(name)
    if kind:
        return f"{name!r} is {kind}, not a word"
    if any(character.isalpha() for character in name) or number_in_words(name.strip()):
        return None
    return f"{name!r} has no letter and no number below a hundred in it"


def _kind_of_id(name: str) -> str | None:
    return next((kind for pattern, kind in _MACHINE_IDS if pattern.fullmatch(name.strip())), None)


def wordless(names: Iterable[str]) -> list[str]:
    """Those of the names that no word can match."""
    return [name for name in names if why_wordless(name)]


def audio_about(concept: str) -> str:
    """The template in which concepts, and what is said of a neuron, are embedded (AND, section 3.1)."""
    return f"This is an audio about {concept}"
