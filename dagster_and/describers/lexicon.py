"""The lexicon of acoustic adjectives: ``lexicon.yml``, which says of every word where it comes from."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

LEXICON = Path(__file__).with_name("lexicon.yml")


@dataclass(frozen=True)
class Verdict:
    """Whether an adjective describes how a sound is, and the lexicon's group that says so."""

    is_acoustic: bool
    group: str


def judge(adjective: str) -> Verdict | None:
    """What the lexicon says of an adjective in lower case; None where it says nothing."""
    words, endings = _read()
    if adjective in words:
        return words[adjective]
    ending = next((e for e in endings if adjective.endswith(e) and adjective != e), None)
    return Verdict(True, f"acoustic endings ({ending})") if ending else None


@cache
def _read() -> tuple[dict[str, Verdict], tuple[str, ...]]:
    content = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
    words: dict[str, Verdict] = {}
    for verdict, section in ((False, "not acoustic"), (True, "acoustic")):
        for group, entry in reversed(content[section].items()):  # of several groups the first one is named
            words |= {word: Verdict(verdict, group) for word in entry["words"]}
    return words, tuple(content["acoustic endings"]["endings"])
