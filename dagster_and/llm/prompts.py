"""Requests: a prompt file filled with data, what may come back, and the key under which the answer is kept.

A prompt is a Markdown file of ``prompts/`` with the parts ``## system`` and ``## user``. Data goes into the user part
only, as JSON in which ``<``, ``>`` and ``&`` are escaped, so that no caption can close the tag that it stands in.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from dagster_and.method.evidence.fitness import why_unfit
from dagster_and.method.evidence.material import Material

FOLDER = Path(__file__).parent / "prompts"
_PART = re.compile(r"^## (system|user)\n", re.MULTILINE)
_SLOT = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Prompt:
    """A prompt file: its two parts, and the SHA-256 of its bytes, which is part of every key."""

    name: str
    system: str
    user: str
    sha256: str


@dataclass(frozen=True)
class Clip:
    """A clip that goes with a request: what it is keyed by, and its wav bytes when they are needed.

    ``stretch``: start and end in seconds where only that part of the window is sent.
    """

    sha256: str
    window_s: float
    read: Callable[[], bytes] = field(compare=False, repr=False)
    stretch: tuple[float, float] | None = None

    @property
    def seconds(self) -> float:
        """How much of it is sent, at most."""
        start_s, end_s = self.stretch or (0.0, self.window_s)
        return end_s - start_s


@dataclass(frozen=True)
class Request:
    """One thing to ask. ``answer`` is the one property of the JSON object that is asked for, ``schema`` its schema.

    ``why_unfit`` says of a text that came back why it can't be used, beyond its form; None where it can.
    """

    task: str
    prompt: Prompt
    user: str
    answer: str
    schema: dict[str, Any] = field(hash=False)
    options: tuple[str, ...] = ()
    clip: Clip | None = None
    why_unfit: Callable[[str], str | None] | None = field(default=None, compare=False, repr=False)

    @property
    def source(self) -> str:
        """What the model is given: text, or audio with it."""
        return "text" if self.clip is None else "audio"

    def messages(self) -> list[dict[str, Any]]:
        """The messages as they are kept: of a clip only what it is keyed by."""
        content: Any = self.user
        if self.clip:
            heard = {"type": "input_audio", "sha256": self.clip.sha256, "window_s": self.clip.window_s}
            if self.clip.stretch:
                heard |= dict(zip(("start_s", "end_s"), self.clip.stretch, strict=True))
            content = [{"type": "text", "text": self.user}, heard]
        return [{"role": "system", "content": self.prompt.system}, {"role": "user", "content": content}]

    def response_schema(self) -> dict[str, Any]:
        """The JSON schema of the whole answer."""
        return {
            "type": "object",
            "properties": {self.answer: self.schema},
            "required": [self.answer],
            "additionalProperties": False,
        }


@cache
def read_prompt(name: str) -> Prompt:
    """The prompt file of that name.

    Raises:
        ValueError: its parts are not system and user, in this order.
    """
    content = (FOLDER / f"{name}.md").read_bytes()
    _, *parts = _PART.split(content.decode())
    if parts[::2] != ["system", "user"]:
        raise ValueError(f"prompts/{name}.md: write the parts '## system' and '## user', in this order")
    return Prompt(name, parts[1].strip(), parts[3].strip(), hashlib.sha256(content).hexdigest())


def fill(prompt: Prompt, **data: Any) -> str:
    """The user part with its slots filled; in one pass, so that data can't open a slot of its own."""
    return _SLOT.sub(lambda match: as_data(data[match[1]]), prompt.user)


def as_data(value: Any) -> str:
    """JSON that can't close a tag."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def summarise(captions: tuple[str, ...]) -> Request:
    """Ask what captions have in common; in alphabetical order, so that neurons with the same clips share the call."""
    prompt = read_prompt("summarise")
    text = {"type": "string"}
    return Request("summarise", prompt, fill(prompt, captions=sorted(captions)), "summary", text)


def choose(summary: str, concepts: tuple[str, ...], k: int) -> Request:
    """Ask for the best k concepts."""
    prompt = read_prompt("choose")
    user = fill(prompt, concepts=list(concepts), summary=summary, k=k)
    return Request("choose", prompt, user, "concepts", {"type": "array", "items": {"type": "string"}})


def detect(label: str, captions: tuple[str, ...]) -> Request:
    """Ask of every clip, numbered from 1, whether a neuron of that label is activated by it."""
    prompt = read_prompt("detect")
    numbers = [str(number) for number in range(1, len(captions) + 1)]
    user = fill(prompt, label=label, clips=dict(zip(numbers, captions, strict=True)))
    verdict = {"type": "string", "enum": ["yes", "no"]}
    schema = {
        "type": "object",
        "properties": dict.fromkeys(numbers, verdict),
        "required": numbers,
        "additionalProperties": False,
    }
    return Request("detect", prompt, user, "verdicts", schema)


def judge(adjective: str) -> Request:
    """Ask whether an adjective describes the tone, emotion or acoustic features of a sound."""
    prompt = read_prompt("judge")
    options = ("yes", "no")
    schema = {"type": "string", "enum": list(options)}
    return Request("judge", prompt, fill(prompt, adjective=adjective), "answer", schema, options)


def write(material: Material) -> Request:
    """Ask for one sentence that says of a neuron what its material says, no more and no less."""
    prompt = read_prompt("write")
    said = {
        "label": material.label, "also": material.second, "mostly": ", ".join(material.mostly),
        "often": ", ".join(material.often), "such as": ", ".join(material.such_as),
    }  # fmt: skip
    user = fill(prompt, evidence=" / ".join(f"{name}: {value}" for name, value in said.items() if value))
    return Request(
        "write", prompt, user, "sentence", {"type": "string"}, why_unfit=lambda text: why_unfit(text, material)
    )


def caption(clip: Clip) -> Request:
    """Ask for a clip in words."""
    prompt = read_prompt("caption")
    return Request("caption", prompt, prompt.user, "caption", {"type": "string"}, clip=clip)


def canary(clip: Clip, a: str, b: str) -> Request:
    """Ask which of two descriptions is true of a clip."""
    prompt = read_prompt("canary")
    options = ("a", "b")
    schema = {"type": "string", "enum": list(options)}
    return Request("canary", prompt, fill(prompt, a=a, b=b), "answer", schema, options, clip)
