"""A form as a short phrase in English: adjectives, then nouns, then what is measured, then what it is not.

Alternatives stand with "or". No word is said twice: what was said is left out of what follows ("bird chirp or song").
In one alternative no word stands beside its opposite (:mod:`...text.scales`): "loud" already says that it is not quiet.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from dagster_and.method.labels.acoustic_cuts import PITCHED
from dagster_and.method.labels.forms import Form
from dagster_and.method.sound.wording import RULES, noun_phrase
from dagster_and.method.text.parts_of_speech import tag
from dagster_and.method.text.scales import are_opposite

ADJECTIVES = frozenset({rule.word for rule in RULES} | {PITCHED})
LINKS = frozenset({"to", "of", "about", "over", "without", "hz", "dbfs", "ms", "onsets/s", "a", "an", "the", "and"})
"""Words and units that may stand twice."""
AT = frozenset({"pitch_hz", "loudness_dbfs"})


@dataclass(frozen=True)
class Spoken:
    """An atom as a phrase says it. ``part``: noun, adjective or measure; ``quality``: what a measure measures."""

    text: str
    part: str
    quality: str | None = None

    @property
    def preposition(self) -> str:
        """Between a noun and this measure; none before "without onsets"."""
        return "at" if self.quality in AT else "" if self.text.startswith("without") else "with"


def spoken(text: str, kind: str, quality: str | None) -> Spoken:
    """An atom of the table ``atoms`` as a phrase says it: a word by the tagger, a rule's word as an adjective."""
    if text in ADJECTIVES:
        return Spoken(text, "adjective", quality)
    if kind == "acoustic":
        return Spoken(text, "measure", quality)
    return Spoken(text, "adjective" if kind == "word" and _is_adjective(text) else "noun", quality)


@lru_cache(maxsize=4096)
def _is_adjective(word: str) -> bool:
    tagged = tag(word)
    return word.endswith("-pitched") or bool(tagged and len(tagged[0]) == 1 and tagged[0][0].is_adjective)


@dataclass
class _Speech:
    """What was said in the phrase, and what was claimed in the alternative that is being said."""

    said: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)

    def rest(self, text: str, is_denied: bool = False) -> str:
        """What of a text is still to be said; it counts as said. Empty where nothing is."""
        left, counts = [], False
        for token in text.split():
            word = re.sub(r"^[^\w#]+|[^\w#]+$", "", token.casefold()) or token
            if word in LINKS:
                left.append(token)
                continue
            if word in self.said or any(are_opposite(word, other) for other in self.claimed):
                continue
            left.append(token)
            counts = True
            if not word[0].isdigit():
                self.said.add(word)
                self.claimed |= set() if is_denied else {word}
        return " ".join(left) if counts else ""


def phrase(form: Form, atoms: Sequence[Spoken]) -> str:
    """The phrase of a form, never empty unless its first atom is.

    Args:
        form: its atoms are positions in ``atoms``.
        atoms: all of them, as they are spoken.
    """
    literals = [(atoms[i], denied) for i, denied in zip(form.atoms, form.is_denied, strict=True)]
    speech = _Speech()
    if form.is_or == (True, False):
        text = _both(speech, literals)
    else:
        text = _either(speech, _alternatives(literals, form.is_or))
    return text or literals[0][0].text


Literal = tuple[Spoken, bool]


def _alternatives(literals: list[Literal], is_or: tuple[bool, ...]) -> list[list[Literal]]:
    """What stands between the ORs."""
    groups = [literals[:1]]
    for operator, literal in zip(is_or, literals[1:], strict=True):
        if operator:
            groups.append([literal])
        else:
            groups[-1].append(literal)
    return groups


def _either(speech: _Speech, groups: list[list[Literal]]) -> str:
    said = []
    claimed = set(speech.claimed)
    for group in groups:
        speech.claimed = set(claimed)
        said.append(_all(speech, group))
    return " or ".join(text for text in said if text)


def _both(speech: _Speech, literals: list[Literal]) -> str:
    """(first or second) and third, the third where English has it."""
    *either, third = literals
    parts = {(atom.part, denied) for atom, denied in either}
    is_before = third[0].part == "adjective" and not third[1]
    if is_before:
        own = _all(speech, [third])
        following = _either(speech, [[one] for one in either])
        return (" " if parts == {("noun", False)} else ", ").join(text for text in (own, following) if text)
    first = _either(speech, [[one] for one in either])
    own = _all(speech, [third])
    joint = " " if parts == {("adjective", False)} and (third[0].part, third[1]) == ("noun", False) else ", "
    return joint.join(text for text in (first, own) if text)


def _all(speech: _Speech, group: list[Literal]) -> str:
    """What holds at once."""
    of = {part: [atom for atom, denied in group if atom.part == part and not denied] for part in _PARTS}
    nouns = [text for atom in of["noun"] if (text := speech.rest(atom.text))]
    adjectives = [text for atom in of["adjective"] if (text := speech.rest(atom.text))]
    core = " ".join(filter(None, [", ".join(adjectives), " with ".join(nouns)]))
    for atom in of["measure"]:
        text = speech.rest(atom.text)
        link = f" {atom.preposition} ".replace("  ", " ") if nouns else ", "
        core = f"{core}{link}{text}" if core and text else core or text
    denied = [(atom, text) for atom, is_denied in group if is_denied and (text := speech.rest(atom.text, True))]
    if denied and not core and all(atom.part == "noun" for atom, _ in denied):
        return f"anything but {' or '.join(noun_phrase(text) for _, text in denied)}"
    denials = [f"not {noun_phrase(text) if atom.part == 'noun' else text}" for atom, text in denied]
    return ", ".join(filter(None, [core, *denials]))


_PARTS = ("noun", "adjective", "measure")
