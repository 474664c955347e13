"""What every describer does: three tasks, in batches, each request answered or explained; and two more for LLMs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from dagster_and.method.evidence.material import Material

T = TypeVar("T")


@dataclass(frozen=True)
class Reply(Generic[T]):
    """One answer: a value, or the reason why there is none. ``answer_id`` names the LLM's raw answer, if any."""

    value: T | None
    answer_id: str | None = None
    missing_reason: str | None = None


@dataclass(frozen=True)
class Choice:
    """A task: which ``k`` of ``concepts`` fit the summary best?"""

    summary: str
    concepts: tuple[str, ...]
    k: int


@dataclass(frozen=True)
class Detection:
    """A task: which of the clips, told by their captions, activate a neuron of that label?"""

    label: str
    captions: tuple[str, ...]


class Describer(Protocol):
    """Summarises captions, chooses concepts, judges adjectives. Equal requests are answered once.

    ``name`` is the column ``describer`` of every table; ``fingerprint`` covers everything that its answers depend on
    (model, server, prompts, sampling; lexicon and rules), so that tables are made anew when it changes.
    """

    name: str
    fingerprint: str

    def summarise(self, captions: Sequence[tuple[str, ...]]) -> list[Reply[str]]:
        """For each set of captions, in sentences, what they have in common."""
        ...

    def choose(self, choices: Sequence[Choice]) -> list[Reply[tuple[str, ...]]]:
        """For each choice the best k concepts, best first, in the describer's own words (they may lie outside)."""
        ...

    def judge(self, adjectives: Sequence[str]) -> list[Reply[bool]]:
        """For each adjective: can it describe the tone, emotion or acoustic features of a sound?"""
        ...


class Detector(Describer, Protocol):
    """A describer that can say what it has not counted: whether a clip would activate a neuron."""

    def detect(self, detections: Sequence[Detection]) -> list[Reply[tuple[bool, ...]]]:
        """For each detection a verdict for every clip, in their order."""
        ...


class Writer(Describer, Protocol):
    """A describer that can word what others have found."""

    def write(self, materials: Sequence[Material]) -> list[Reply[str]]:
        """For each material one sentence that says it, no more and no less."""
        ...
