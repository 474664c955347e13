"""The describer seam: who puts into words what a neuron's clips have in common."""

from collections.abc import Sequence
from typing import TypeVar

from dagster_and.describers.counting import CountingDescriber
from dagster_and.describers.describer import Choice, Describer, Detection, Detector, Reply, Writer
from dagster_and.describers.lexicon import judge
from dagster_and.dissection import Dissection
from dagster_and.foundation.home import Home
from dagster_and.method.text.paragraphs import Encode

__all__ = [
    "Choice",
    "CountingDescriber",
    "Describer",
    "Detection",
    "Detector",
    "Reply",
    "Writer",
    "answered",
    "open_describer",
    "open_detector",
    "open_writer",
    "verdict_source",
]  # fmt: skip

T = TypeVar("T")


def open_describer(dissection: Dissection, home: Home, encode: Encode) -> Describer:
    """The dissection's describer.

    Args:
        dissection: its section ``describer`` says who.
        home: holds the answers that an LLM has given before.
        encode: texts to unit embeddings, "text dim", by the encoder ``counting.ENCODER``.

    Raises:
        UserError: the section ``describer`` names a server or a key that can't be used.
    """
    section = dissection.describer
    if section.kind == "counting":
        return CountingDescriber(encode)
    from dagster_and.describers.llm import open_llm_describer  # only a dissection that asks for an LLM pays for it

    return open_llm_describer(section, home, dissection.name)


def open_detector(dissection: Dissection, home: Home) -> Detector | None:
    """The LLM that detects by labels; None where that is off (``evidence.detection``) or none describes.

    Raises:
        UserError: as :func:`open_describer`.
    """
    section = dissection.describer
    if dissection.evidence.detection == "off" or section.kind != "llm":
        return None
    from dagster_and.describers.llm import open_llm_describer

    return open_llm_describer(section, home, dissection.name)


def open_writer(dissection: Dissection, home: Home) -> Writer | None:
    """The LLM that writes the neurons' sentences; None where that is off (``evidence.sentences``) or none describes.

    Raises:
        UserError: as :func:`open_describer`.
    """
    section = dissection.describer
    if dissection.evidence.sentences == "off" or section.kind != "llm":
        return None
    from dagster_and.describers.llm import open_llm_describer

    return open_llm_describer(section, home, dissection.name)


def answered(replies: Sequence[Reply[T]]) -> list[tuple[T | None, str | None, str | None]]:
    """Replies as the method takes them: value, answer_id, missing_reason."""
    return [(reply.value, reply.answer_id, reply.missing_reason) for reply in replies]


def verdict_source(describer: Describer, adjective: str) -> str:
    """Where a verdict on an adjective comes from: the lexicon's group, or the LLM's answer."""
    if not isinstance(describer, CountingDescriber):
        return "answer"
    verdict = judge(adjective)
    return f"lexicon: {verdict.group}" if verdict else "lexicon"
