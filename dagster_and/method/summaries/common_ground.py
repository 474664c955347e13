"""What captions have in common, counted: the things that they are of, and the qualities that they name.

Works on the captions' text alone, whoever wrote it. A caption is read as noun phrases and adjectives:

- its **subject** is the first noun phrase that isn't about the recording itself ("the sound of", "this clip"), and that
  no preposition but "of" or "like" puts in the background ("in a park")
- a **quality** is an adjective said of the clip: after a linking verb ("it is sharp"), or before a word for sound
  ("a sharp noise"); one that ``is_acoustic`` knows counts wherever it stands ("a muffled engine"). Negated ones don't.

A scale of which both poles are counted (some clips are clear, others are muffled) says nothing of the clips together,
so neither word counts.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dagster_and.method.sound.wording import MASS_NOUNS, noun_phrase
from dagster_and.method.text.parts_of_speech import Word, is_named_number, tag
from dagster_and.method.text.scales import without_opposites

FRAME_NOUNS = frozenset(
    {"audio", "background", "bit", "caption", "clip", "example", "file", "kind", "noise", "nothing", "one", "piece",
     "recording", "sample", "something", "sort", "sound", "soundscape", "tone", "track", "type", "variety"}
)  # fmt: skip
LINKING_VERBS = frozenset({"be", "sound", "seem", "appear", "feel", "remain", "become", "come", "stay", "get", "grow"})
DETERMINERS = frozenset({"a", "an", "one", "the", "this", "that", "another", "some", "its", "his", "her", "their"})
MOST_SUBJECTS = 3
LONGEST_PHRASE = 6


@dataclass(frozen=True)
class Phrase:
    """A noun phrase: its lemmas, and how it stands after "of" ("a clock ticking")."""

    lemmas: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Reading:
    """What one caption says: the parts of its subject that others may share, longest first, and its qualities."""

    subject: tuple[Phrase, ...]
    qualities: frozenset[str]


@dataclass(frozen=True)
class Share:
    """``what`` is said by ``clips`` of the captions."""

    what: str
    clips: int


@dataclass(frozen=True)
class CommonGround:
    """What ``of`` captions share: subjects of at least two of them, qualities of more than half; commonest first.

    Of opposite qualities neither is shared.
    """

    of: int
    subjects: tuple[Share, ...]
    qualities: tuple[Share, ...]


def common_ground(readings: Sequence[Reading]) -> CommonGround:
    """Count what readings share. Each caption stands for one subject at most, the one that most others share."""
    qualities = Counter(quality for reading in readings for quality in reading.qualities)
    half = len(readings) / 2
    said = [Share(word, n) for word, n in sorted(qualities.items(), key=lambda item: (-item[1], item[0])) if n > half]
    undisputed = set(without_opposites(share.what for share in said))
    shared = tuple(share for share in said if share.what in undisputed)
    return CommonGround(len(readings), tuple(_subjects(readings)), shared)


def _subjects(readings: Sequence[Reading]) -> Iterator[Share]:
    left = list(readings)
    least = min(2, len(readings))
    for _ in range(MOST_SUBJECTS):
        support = Counter(lemmas for reading in left for lemmas in {phrase.lemmas for phrase in reading.subject})
        best = max(support, key=lambda lemmas: (support[lemmas], len(lemmas), lemmas), default=None)
        if best is None or support[best] < least:
            return
        forms = Counter(p.text for reading in left for p in reading.subject if p.lemmas == best)
        yield Share(max(forms, key=lambda text: (forms[text], text)), support[best])
        left = [reading for reading in left if all(phrase.lemmas != best for phrase in reading.subject)]


def read(caption: str, is_acoustic: Callable[[str], bool | None]) -> Reading:
    """What a caption says; ``is_acoustic`` judges an adjective's lemma, None where it doesn't know."""
    subject: tuple[Phrase, ...] = ()
    qualities: set[str] = set()
    sentences = tag(caption)
    for words in sentences:
        runs = list(_noun_phrases(words))
        inside = {i for start, end in runs for i in range(start, end)}
        for start, end in runs:
            core = _content(words, start, end, is_acoustic)
            is_of_another = end < len(words) - 1 and words[end].lemma == "of"  # the barking of a dog
            if core and not subject and not is_of_another and not _is_backdrop(words, start):
                subject = tuple(_parts(words, start, core, is_label=len(sentences) == 1 and len(words) <= 4))
            qualities |= _attributes(words, range(start, end), bool(core), is_acoustic)
        qualities |= _predicates(words, inside, is_acoustic)
    return Reading(subject, frozenset(qualities))


def _noun_phrases(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Ends of each run of adjectives, participles and nouns that holds a noun, or stands as a gerund after "of"."""
    start = 0
    while start < len(words):
        end = start
        while end < len(words) and (words[end].is_noun or words[end].is_adjective or words[end].tag == "VBG"):
            end += 1
        stop = end
        while stop > start and words[stop - 1].is_adjective:
            stop -= 1
        is_gerund = start == 0 or words[start - 1].lemma in ("of", "like") or words[start - 1].lemma in DETERMINERS
        if stop > start and (any(w.is_noun for w in words[start:stop]) or is_gerund):
            yield start, stop
        start = max(end, start + 1)


def _content(words: Sequence[Word], start: int, end: int, is_acoustic: Callable[[str], bool | None]) -> range:
    """What names a thing in a noun phrase: no words for sound at its end, no acoustic adjectives before; six words."""
    while end > start and words[end - 1].lemma in FRAME_NOUNS and not is_named_number(words, end - 1):
        end -= 1
    while start < end and words[start].is_adjective and is_acoustic(words[start].lemma) is not None:
        start += 1
    span = range(max(start, end - LONGEST_PHRASE), end)  # the head stands at the end; a caption may be anything
    has_thing = any(words[i].is_noun or words[i].tag == "VBG" for i in span)
    return span if has_thing and not any(words[i].is_negated for i in span) else range(0)


def _is_backdrop(words: Sequence[Word], start: int) -> bool:
    before = start - 1
    while before >= 0 and (words[before].lemma in DETERMINERS or words[before].tag in ("PRP$", "CD", "DT")):
        before -= 1
    return before >= 0 and words[before].tag == "IN" and words[before].lemma not in ("of", "like")


def _parts(words: Sequence[Word], start: int, core: range, *, is_label: bool) -> Iterator[Phrase]:
    """The phrase and every shorter run in it that still names a thing."""
    nouns = {i for i in core if words[i].is_noun} or set(core)
    article = words[start - 1].lemma if start and words[start - 1].lemma in DETERMINERS else ""
    for length in range(len(core), 0, -1):
        for first in range(core.start, core.stop - length + 1):
            span = range(first, first + length)
            things = [i for i in span if i in nouns]
            if things and (span[-1] in nouns or (words[span[-1]].tag == "VBG" and len(things) < length)):
                lemmas = tuple(words[i].lemma for i in span)
                yield Phrase(lemmas, _display([words[i] for i in span], words[things[-1]], article, first, is_label))


def _display(span: Sequence[Word], thing: Word, article: str, first: int, is_label: bool) -> str:
    """The phrase as it stands after "of", with an article where English wants one."""
    text = " ".join(w.text.lower() if w.tag not in ("NNP", "NNPS") or not first else w.text for w in span)
    is_plural = thing.tag in ("NNS", "NNPS") or not thing.is_noun
    if is_plural or thing.lemma in MASS_NOUNS or not (article or is_label):
        return text
    return noun_phrase(text) if is_label else f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def _attributes(words, span: range, is_thing: bool, is_acoustic: Callable[[str], bool | None]) -> set[str]:
    """Adjectives within a noun phrase that are said of the sound."""
    found = {words[i].lemma for i in span if words[i].is_adjective and not words[i].is_negated}
    return {a for a in found if is_acoustic(a) or (not is_thing and is_acoustic(a) is None)}


def _predicates(words: Sequence[Word], inside: set[int], is_acoustic: Callable[[str], bool | None]) -> set[str]:
    """Adjectives after a linking verb of the same sentence, or in a sentence that has no verb."""
    found: set[str] = set()
    verb: str | None = None
    has_verb = any(w.tag.startswith("VB") and w.tag not in ("VBG", "VBN") for w in words)
    for i, word in enumerate(words):
        if word.is_adjective and i not in inside and not word.is_negated:
            links = verb in LINKING_VERBS or not has_verb
            if is_acoustic(word.lemma) or (links and is_acoustic(word.lemma) is None and word.tag != "VBN"):
                found.add(word.lemma)
        elif word.tag.startswith("VB") and word.tag != "VBN":
            verb = word.lemma
    return found
