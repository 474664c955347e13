"""Whether a sentence says of a neuron what has evidence, no more and no less: an LLM's is held to it, and the rule's.

The label has to be said whole, since trust is the label's; the second label whole or not at all, and set apart from
the first one; evident words only with what they are said with ("often", "such as"), since they are no part of what
the label was tested on.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from dagster_and.method.evidence.material import Material
from dagster_and.method.evidence.reading import UNITS, Said, free_ors, said, tokens
from dagster_and.method.text.scales import are_opposite
from dagster_and.method.text.sentences import split_sentences

MOST_WORDS = 25
MORE_WORDS = 6
"""Words beyond those of the labels, where these have many."""
NO_PROSE = '/:|{}[]<>=*_"'
"""Marks that come from data or markup, unless a label holds them ("onsets/s")."""
HEDGES = frozenset(
    {
        "often",
        "mostly",
        "usually",
        "typically",
        "frequently",
        "generally",
        "sometimes",
        "especially",
        "such",
        "including",
    }
)
APART = frozenset({"also", "otherwise", "else", "or", "unless"})
"""What sets the second label apart from the first."""


def why_unfit(text: str, material: Material) -> str | None:
    """Why a text is no sentence for a neuron, as a sentence; None where it is one."""
    return next(_faults(text, material), None)


def _faults(text: str, material: Material) -> Iterator[str]:
    spoken, label, second = said(text), said(material.label), said(material.second or "")
    evident = {one.key: word for word in material.evident for one in said(word)}
    allowed = {one.key for one in (*label, *second)} | evident.keys()
    yield from _form(text, material)
    for one in spoken:
        if one.key not in allowed:
            what = "is not in the label" if one.is_number else "is neither in the label nor in the evidence"
            yield f"It says {one.text}, which {what}."
    its_own = {one.key for one in second} - {one.key for one in label} - UNITS
    has_second = bool(its_own & {one.key for one in spoken})
    meant = (*label, *second) if has_second else label
    yield from _left_out(spoken, meant)
    yield from _denials(spoken, meant, evident)
    yield from _repeats(spoken, meant)
    yield from _opposites(text, spoken, material)
    yield from _ors(text, material, has_second=has_second)
    yield from _unhedged(text, spoken, evident)
    if has_second and not _is_apart(text, spoken, label, second):
        yield "It does not set the second label apart from the first."


def _form(text: str, material: Material) -> Iterator[str]:
    if len(split_sentences(text)) != 1 or text.rstrip()[-1] in "!?:,;…":
        yield "It is not one sentence that ends in a full stop."
    most = max(MOST_WORDS, words_of(f"{material.label} {material.second or ''}") + MORE_WORDS)
    if words_of(text) > most:
        yield f"It has more than {most} words."
    for mark in NO_PROSE:
        if text.count(mark) > f"{material.label} {material.second}".count(mark):
            yield f"It holds {mark!r}, which no plain sentence does."


def _left_out(spoken: Sequence[Said], meant: Sequence[Said]) -> Iterator[str]:
    there = {one.key for one in spoken}
    for one in meant:
        if one.key not in there:
            yield f"It leaves out {one.text} of the label."


def _denials(spoken: Sequence[Said], meant: Sequence[Said], evident: dict[str, str]) -> Iterator[str]:
    """What the label denies stays denied, and nothing else is; a word that it says both ways may stand either way."""
    stances: dict[str, set[bool]] = {key: {False} for key in evident}
    for one in meant:
        stances.setdefault(one.key, set()).add(one.is_denied)
    for one in spoken:
        if one.is_denied not in stances.get(one.key, {one.is_denied}):
            yield f"It denies {one.text}." if one.is_denied else f"It does not deny {one.text}."


def _repeats(spoken: Sequence[Said], meant: Sequence[Said]) -> Iterator[str]:
    most = Counter(one.key for one in meant)
    for key, times in Counter(one.key for one in spoken if not one.is_number and one.key not in UNITS).items():
        if times > max(1, most[key]):
            yield f"It says {next(one.text for one in spoken if one.key == key)} twice."


def _opposites(text: str, spoken: Sequence[Said], material: Material) -> Iterator[str]:
    """Opposites stand with an "or" only; those of one label are what the label says."""
    own = [{one.text for one in said(part)} for part in (material.label, material.second or "")]
    claimed = [one.text for one in spoken if not one.is_denied]
    if free_ors(text):
        return
    for word, other in combinations(claimed, 2):
        if are_opposite(word, other) and not any({word, other} <= words for words in own):
            yield f"It says {word} and {other}, which are opposites."


def _ors(text: str, material: Material, *, has_second: bool) -> Iterator[str]:
    wanted = free_ors(material.label) + (free_ors(material.second or "") if has_second else 0)
    if wanted and not free_ors(text):
        yield "It leaves out the 'or' of the label."
    if free_ors(text) > wanted + has_second:
        yield "It says 'or' where the label does not."
    label = list(dict.fromkeys(one.key for one in said(material.label)))
    in_order = [key for key in dict.fromkeys(one.key for one in said(text)) if key in label]
    if free_ors(material.label) and in_order != [key for key in label if key in in_order]:
        yield "It says the label in another order, which may join other words by its 'or'."


def _unhedged(text: str, spoken: Sequence[Said], evident: dict[str, str]) -> Iterator[str]:
    """An evident word stands after "often" or the like, or after another one that does; a label's word does not."""
    content = {one.at: one for one in spoken}
    hedged = has_followed = False
    for at, (kind, word) in enumerate(tokens(text)):
        if word in HEDGES:
            hedged, has_followed = True, False
        elif word == ";" or kind == "denial" or word in APART - {"or"}:
            hedged = False
        elif at in content:
            one = content[at]
            if one.key in evident:
                if not hedged:
                    yield f"It says {one.text} without 'often', 'mostly' or 'such as'."
                has_followed = True
            else:
                if hedged and not has_followed:
                    yield f"It says {one.text} of the label with reserve."
                hedged = False


def _is_apart(text: str, spoken: Sequence[Said], label: Sequence[Said], second: Sequence[Said]) -> bool:
    """Whether the first label is said, then a word that sets apart, then the second one."""
    own = {one.key for one in label}
    other = {one.key for one in second} - own
    firsts, seconds = [o.at for o in spoken if o.key in own - other], [o.at for o in spoken if o.key in other]
    if not firsts or not seconds:
        return True
    shared = {one.key for one in second if one.key in own}
    last = max((o.at for o in spoken if o.key in own - shared and o.at < min(seconds)), default=min(firsts))
    is_in_order = all(o.at < min(seconds) for o in spoken if o.key in own - shared)
    between = [word for _, word in tokens(text)[last : min(seconds)]]
    return is_in_order and bool(APART.intersection(between) or ";" in between)


def words_of(text: str) -> int:
    """How many words a text has, units and numbers among them."""
    return len(re.findall(r"\S+", text))
