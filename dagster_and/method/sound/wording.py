"""From numbers to words, and from words to a caption. docs/captions.md shows the rules; a test holds it to them."""

import random
import re
from dataclasses import dataclass

from dagster_and.method.sound.acoustics import Acoustics


@dataclass(frozen=True)
class Rule:
    """``word`` is said where ``quality`` is at least ``low`` and below ``high``; between the rules nothing is said."""

    quality: str
    word: str
    low: float = float("-inf")
    high: float = float("inf")


RULES = (
    Rule("loudness_dbfs", "quiet", high=-32.0),
    Rule("loudness_dbfs", "loud", low=-17.0),
    Rule("pitch_hz", "low-pitched", high=220.0),
    Rule("pitch_hz", "high-pitched", low=900.0),
    Rule("brightness_hz", "muffled", high=700.0),
    Rule("brightness_hz", "bright", low=2800.0),
    Rule("tonality", "noisy", high=0.2),
    Rule("tonality", "clear", low=0.6),
    Rule("rhythm", "irregular", high=0.4),
    Rule("rhythm", "repetitive", low=0.75),
    Rule("attack_ms", "sharp", high=25.0),
    Rule("attack_ms", "gradual", low=120.0),
    Rule("steadiness", "intermittent", high=0.4),
    Rule("steadiness", "steady", low=0.95),
)
"""``rhythm`` is the regularity of a sound with enough events a second; ``attack_ms`` counts only with events."""

EVENTS_OF_A_RHYTHM = 1.25

INSTEAD = {("clear", "muffled"): "tonal"}
"""What is said for the first word of a clip that the second is said of, too. A hum has tones and no treble: it is tonal
and muffled, but nobody would call it clear and muffled in one breath.
"""

MASS_NOUNS = frozenset(
    {"rain", "wind", "water", "thunder", "music", "traffic", "speech", "laughter", "applause", "silence", "noise"}
    | {"static", "blues", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"}
)
PLURALS = frozenset({"teeth", "children", "people", "mice", "geese"})
GERUNDS_FIRST = frozenset({"brushing", "drinking"})

OPENINGS = (
    "This is the sound of {noun}.",
    "The sound of {noun} can be heard.",
    "A recording of {noun}.",
    "One hears the sound of {noun}.",
    "The clip holds the sound of {noun}.",
    "This clip is of {noun}.",
)
QUALITIES = (
    "It is {words}.",
    "The sound is {words}.",
    "It sounds {words}.",
    "It comes across as {words}.",
)
PLAIN = "Nothing about it stands out."


def words(acoustics: Acoustics) -> list[str]:
    """What stands out, one word a quality at most, in the order of the rules."""
    values = dict(vars(acoustics))
    values["rhythm"] = acoustics.regularity if acoustics.events_per_s >= EVENTS_OF_A_RHYTHM else None
    if acoustics.events_per_s == 0:
        values["attack_ms"] = None
    said = [
        rule.word for rule in RULES if (value := values[rule.quality]) is not None and rule.low <= value < rule.high
    ]
    instead = {word: other for (word, beside), other in INSTEAD.items() if beside in said}
    return [instead.get(word, word) for word in said]


def bare_name(label: str) -> str:
    """Words of a class name, without signs that a sentence has no use for; empty if there are only such."""
    return " ".join(re.sub(r"[^\w'&+-]|_", " ", label).split())


def noun_phrase(label: str) -> str:
    """A class name as it stands in a sentence: ``crying_baby`` -> "a crying baby", ``rain`` -> "rain"."""
    name = bare_name(label)
    if not name:
        return "something unnamed"
    last = name.split()[-1].lower()
    is_plural = last in PLURALS or (last.endswith("s") and not last.endswith(("ss", "us", "is")))
    is_gerund = last.endswith("ing") or name.split()[0].lower() in GERUNDS_FIRST
    if is_plural or is_gerund or last in MASS_NOUNS:
        return name
    is_vowel_heard = name[0].lower() in "aeiou" and not name.lower().startswith(("uni", "eu", "one"))
    article = "an" if is_vowel_heard or name.lower().startswith("hour") else "a"
    return f"{article} {name}"


def sentence(label: str, acoustics: Acoustics, seed: int, name: str | None = None) -> str:
    """A caption of two or three sentences: what it is, and what stands out. The seed chooses among equal phrasings.

    ``name`` is the label in words; by default the label itself.
    """
    choose = random.Random(f"{seed} {label}")
    said = words(acoustics)
    parts = [choose.choice(OPENINGS).format(noun=noun_phrase(name or label))]
    if not said:
        return f"{parts[0]} {PLAIN}"
    choose.shuffle(said)
    if len(said) > 3:
        first, said = said[: len(said) // 2], said[len(said) // 2 :]
        parts += [choose.choice(QUALITIES).format(words=listed(first)), f"It is also {listed(said)}."]
    else:
        parts.append(choose.choice(QUALITIES).format(words=listed(said)))
    return " ".join(parts)


def listed(items: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
