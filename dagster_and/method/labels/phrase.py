"""A form as a short phrase in English: adjectives, then nouns, then what is measured, then what it is not.

Alternatives stand with "or", those of one word first, those without a noun last ("rain or anything loud"); so "loud
rain or siren" is loud both ways, and "siren or loud rain" only the second. No word is said twice: what was said is left
out of what follows ("bird chirp or song"). In one alternative no word stands beside its opposite: "loud" already says
that it is not quiet (:mod:`...text.scales`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from dagster_and.method.labels.acoustic_cuts import PITCHED
from dagster_and.method.labels.forms import Form
from dagster_and.method.sound.wording import RULES, bare_name, listed, noun_phrase
from dagster_and.method.text.parts_of_speech import tag
from dagster_and.method.text.scales import are_opposite

ADJECTIVES = frozenset({rule.word for rule in RULES} | {PITCHED})
LINKS = frozenset({"to", "of", "about", "over", "without", "hz", "dbfs", "ms", "onsets/s", "a", "an", "the", "and"})
"""Words and units that may stand twice."""
AT = {"pitch_hz": "pitch", "loudness_dbfs": "level"}
"""Measures that a sound is at, with what they are called."""


@dataclass(frozen=True)
class Spoken:
    """An atom as a phrase says it. ``part``: noun, adjective or measure; ``quality``: what a measure measures."""

    text: str
    part: str
    quality: str | None = None

    def joined(self, text: str) -> str:
        """What is left to say of this measure, as it stands behind a noun: "at 220 to 440 Hz", "with an attack of"."""
        if self.quality in AT:
            return f"at {text}"
        if text.startswith(("without", "of ")):
            return text
        article = {"spectral": "a ", "attack": "an "}.get(text.split()[0], "")
        return f"with {article}{text}"

    def alone(self, text: str) -> str:
        """The same by itself: "pitch of 220 to 440 Hz", "about 440 Hz (A4)"."""
        return f"{AT[self.quality]} of {text}" if self.quality in AT and not text.startswith("about") else text


def spoken(text: str, kind: str, quality: str | None) -> Spoken:
    """An atom of the table ``atoms`` as a phrase says it: a word by the tagger, a rule's word as an adjective."""
    if text in ADJECTIVES:
        return Spoken(text, "adjective", quality)
    if kind == "acoustic":
        return Spoken(text, "measure", quality)
    part = "adjective" if kind == "word" and _is_adjective(text) else "noun"
    return Spoken(bare_name(text) or text, part, quality)


@lru_cache(maxsize=4096)
def _is_adjective(word: str) -> bool:
    tagged = tag(word)
    return word.endswith("-pitched") or bool(tagged and len(tagged[0]) == 1 and tagged[0][0].is_adjective)


_NUMBER = re.compile(r"-?\d|[a-g]#?\d+$")
"""What may be said twice: numbers, and names of notes."""


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
            if not _NUMBER.match(word):
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


def _is_noun(literal: Literal) -> bool:
    return literal[0].part == "noun" and not literal[1]


def _either(speech: _Speech, groups: list[list[Literal]]) -> str:
    """Alternatives, or the only one."""
    if len(groups) == 1:
        return _all(speech, groups[0])
    has_noun = any(any(map(_is_noun, group)) for group in groups)
    groups = sorted(groups, key=lambda group: (not any(map(_is_noun, group)), len(group)))
    said, claimed, anything = [], set(speech.claimed), has_noun
    for group in groups:
        speech.claimed = set(claimed)
        is_unnamed = not any(map(_is_noun, group))
        text = _all(speech, group, " but ", "anything" if is_unnamed and anything else "")
        if text:
            anything = anything and not is_unnamed
            said.append(text)
    is_plain = has_noun or all(len(group) == 1 for group in groups)
    is_plain &= not any(denied for group in groups for _, denied in group)
    if is_plain and len(said) > 2:
        return f"{', '.join(said[:-1])} or {said[-1]}"
    return (" or " if is_plain else ", or ").join(said)


def _both(speech: _Speech, literals: list[Literal]) -> str:
    """(first or second) and third, the third where English has it."""
    *either, third = literals
    atom, is_denied = third
    nouns = [_is_noun(literal) for literal in either]
    if atom.part == "adjective" and not is_denied and all(nouns):
        own = _all(speech, [third])
        return " ".join(text for text in (own, _either(speech, [[one] for one in either])) if text)
    first = _either(speech, [[one] for one in either])
    left = speech.rest(atom.text, is_denied)
    if not (first and left):
        return first or (f"not {left}" if is_denied else left)
    if is_denied:
        return f"{first}, but not {noun_phrase(left) if atom.part == 'noun' else left}"
    if atom.part == "measure":
        return f"{first}, {atom.joined(left)}"
    if atom.part == "noun" and all(one.part == "adjective" for one, _ in either):
        return f"{first} {left}"
    return f"{first}, {'with' if atom.part == 'noun' else 'and'} {left}"


def _all(speech: _Speech, group: list[Literal], before_denial: str = ", ", unnamed: str = "") -> str:
    """What holds at once.

    ``before_denial``: what stands between what it is and what it is not. ``unnamed``: the noun, if it has none.
    """
    of = {part: [atom for atom, denied in group if atom.part == part and not denied] for part in _PARTS}
    nouns = [text for atom in of["noun"] if (text := speech.rest(atom.text))]
    own = [text for atom in of["adjective"] if (text := speech.rest(atom.text))]
    adjectives, named = ", ".join(own) if nouns or not own else listed(own), " with ".join(nouns)
    core = " ".join(filter(None, [adjectives, named] if named else [unnamed, adjectives]))
    for atom in sorted(of["measure"], key=lambda one: one.quality not in AT):
        if text := speech.rest(atom.text):
            core = f"{core} {atom.joined(text)}" if core else atom.alone(text)
    core = "" if core == unnamed else core
    denied = [(atom, text) for atom, is_denied in group if is_denied and (text := speech.rest(atom.text, True))]
    if denied and not core and all(atom.part == "noun" for atom, _ in denied):
        return f"anything but {' or '.join(noun_phrase(text) for _, text in denied)}"
    denials = ", ".join(f"not {noun_phrase(text) if atom.part == 'noun' else text}" for atom, text in denied)
    return before_denial.join(filter(None, [core, denials]))


_PARTS = ("noun", "adjective", "measure")
