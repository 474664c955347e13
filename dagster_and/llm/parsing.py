"""What an answer is: usable, or refused, empty, cut off, unparsable, with the reason. Nothing is guessed."""

import json
import re
from dataclasses import dataclass
from typing import Any

from dagster_and.foundation.texts import whole_throughout
from dagster_and.llm.prompts import Request

_REFUSAL = re.compile(
    r"\W*(?:(?:i['’]?m|i am) (?:very |really )?(?:sorry|unable|not able)|sorry, (?:but )?i\b|(?:unfortunately, )?i "
    r"(?:cannot|can['’]?t|can not|won['’]?t|will not|must decline|am not able)|as an? (?:ai|language model)\b)",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^```\w*\n(.*?)\n?```$", re.DOTALL)
_MARK = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LEAD = re.compile(r"[\s\"'*_`(]*(\w+)[\"'*_`)]*(?:\s*[.,;:!\n]|\s*$)")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys stand there once: of two verdicts on one clip, none is taken."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_each_once)


@dataclass(frozen=True)
class Raw:
    """What a server sent back for one call."""

    text: str
    finish_reason: str | None = None
    refusal: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Unparsable(ValueError):  # noqa: N818 - a verdict
    """The answer's form is not the one that was asked for."""


def verdict(request: Request, raw: Raw) -> tuple[str, str | None]:
    """Status of an answer, and the reason why it isn't usable."""
    if raw.refusal or raw.finish_reason == "content_filter":
        return "refused", raw.refusal or "The server's content filter stopped the answer."
    if raw.finish_reason == "length":
        return "cut_off", "The answer reached max_tokens before its end."
    if not raw.text.strip():
        return "empty", "The answer holds no text."
    try:
        value = parse(request, raw.text)
    except Unparsable as error:
        return ("refused", "The model declines.") if _REFUSAL.match(raw.text) else ("unparsable", str(error))
    if not value:
        return "empty", f"The answer's {request.answer} is empty."
    if any(_REFUSAL.match(text) for text in (value, raw.text) if isinstance(text, str)):
        return "refused", "The model declines."
    return "usable", None


def parse(request: Request, text: str) -> Any:
    """The value of an answer: a text; of ``options`` the one that is named; of a list its texts, each once; of an
    object its words, in the order of the schema.

    Raises:
        Unparsable: there is none, or the request says why it is unfit.
    """
    content = whole_throughout(_content(request, text))
    if request.options:
        return _option(request.options, content)
    if request.schema["type"] == "array":
        return _texts(content)
    if request.schema["type"] == "object":
        return _words(request, content)
    if not isinstance(content, str):
        raise Unparsable(f"{request.answer} is not a text.")
    said = _CONTROL.sub(" ", content).strip()
    if said and request.why_unfit and (reason := request.why_unfit(said)):
        raise Unparsable(reason)
    return said


def _content(request: Request, text: str) -> Any:
    """The property that was asked for; or the text itself, from a server that knows no JSON."""
    bare = text.strip()
    if fenced := _FENCE.match(bare):
        bare = fenced[1].strip()
    if not bare.startswith(("{", "[")):
        if f'"{request.answer}"' not in bare:
            return bare
        bare = bare[max(0, bare.find("{")) :]  # an introduction before the object
    try:
        value, end = _DECODER.raw_decode(bare)
    except (ValueError, RecursionError):
        raise Unparsable("The answer is broken JSON.") from None
    if isinstance(value, list) and request.schema["type"] == "array" and not bare[end:].strip():
        return value
    if not isinstance(value, dict) or request.answer not in value:
        raise Unparsable(f"The answer has no {request.answer}.")
    return value[request.answer]


def _option(options: tuple[str, ...], content: Any) -> str:
    """The option that is the answer's first word, with a mark after it; never one inside another word, never two."""
    if not isinstance(content, str):
        raise Unparsable(f"The answer is not one of {', '.join(options)}.")
    lead = _LEAD.match(content.lower())
    named = {word for word in re.findall(r"\w+", content.lower()) if word in options}
    if lead is None or lead[1] not in options or named != {lead[1]}:
        raise Unparsable(f"The answer does not say plainly one of {', '.join(options)}.")
    return lead[1]


def _words(request: Request, content: Any) -> tuple[str, ...]:
    """One of the schema's words for each of its properties: none left out, none added, no other word."""
    properties = request.schema["properties"]
    if not isinstance(content, dict) or content.keys() != properties.keys():
        raise Unparsable(f"{request.answer} does not hold exactly the numbers 1 to {len(properties)}.")
    for number, allowed in properties.items():
        if content[number] not in allowed["enum"]:
            raise Unparsable(f"{request.answer} says neither {' nor '.join(allowed['enum'])} of {number}.")
    return tuple(content[number] for number in properties)


def _texts(content: Any) -> tuple[str, ...]:
    if isinstance(content, str):  # one a line, or between commas
        lines = [_MARK.sub("", line) for line in content.splitlines() if line.strip()]
        lines = [line for line in lines if not line.rstrip().endswith(":")]  # "Here are the best five:"
        content = lines if len(lines) > 1 else lines[0].rstrip(".").split(",") if lines else []
    if not isinstance(content, list) or not all(isinstance(text, str) for text in content):
        raise Unparsable("The answer is not a list of texts.")
    cleaned = (_CONTROL.sub(" ", text).strip().strip("\"'`*") for text in content)
    return tuple(dict.fromkeys(text for text in cleaned if text))
