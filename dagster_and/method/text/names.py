"""Names of classes and concepts: how they stand in words, and when two of them mean the same."""

import re
from collections.abc import Iterable


def name_in_words(label: str) -> str:
    """A class name as words: ``clock_tick`` -> "clock tick"."""
    return " ".join(re.sub(r"[_-]+", " ", label).split())


def class_of(concept: str, labels: Iterable[str]) -> str | None:
    """The class that a concept names, or None; case, underscores, hyphens and blanks don't matter."""
    wanted = name_in_words(concept).casefold()
    return next((label for label in labels if name_in_words(label).casefold() == wanted), None)


def audio_about(concept: str) -> str:
    """The template in which concepts, and what is said of a neuron, are embedded (AND, section 3.1)."""
    return f"This is an audio about {concept}"
