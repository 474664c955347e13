"""A batch's files: JSON lines of questions to send, and of what came back; in the form of OpenAI's Batch API.

vLLM's ``run-batch`` writes the same form.
"""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from dagster_and.llm.client import FILTERED, ChatClient
from dagster_and.llm.connection import Failure, Refusal, message_of
from dagster_and.llm.parsing import Raw

MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
"""What one file may hold: https://developers.openai.com/api/reference/resources/batches/methods/create."""
ENDPOINT = "/v1/chat/completions"
BREAKS = {ord(one): f"\\u{ord(one):04x}" for one in "\x85\u2028\u2029"}
"""What JSON leaves as it is, and some readers of lines take for the end of one."""
UNASKED = ("batch_expired", "batch_cancelled")
"""Codes of lines that a batch did not come to: they cost nothing."""


def batches_of(requests: int, size: int) -> int:
    """How many batches so many requests of so many bytes take."""
    return max(-(-requests // MOST_REQUESTS), -(-size // MOST_BYTES))


def write_lines(file: BinaryIO, bodies: Iterable[tuple[str, dict[str, Any]]]) -> list[int]:
    """Write chat completions to ask for, with their ids, as many as one file may hold; its size after each of them."""
    ends: list[int] = []
    for custom_id, body in bodies:
        line = {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body}
        written = json.dumps(line, ensure_ascii=False).translate(BREAKS).encode() + b"\n"
        size = (ends[-1] if ends else 0) + len(written)
        if ends and size > MOST_BYTES:
            break
        file.write(written)
        ends.append(size)
        if len(ends) == MOST_REQUESTS:
            break
    return ends


def read_lines(content: bytes) -> Iterator[dict[str, Any] | None]:
    """Line by line what came back; None for one that is no line of a batch, such as the last of a file cut short."""
    for line in io.BytesIO(content):
        if line.strip():
            try:
                read = json.loads(line)
            except (ValueError, RecursionError):
                read = None
            yield read if isinstance(read, dict) and isinstance(read.get("custom_id"), str) else None


def said_in(line: dict[str, Any], client: ChatClient) -> Raw:
    """The answer of a line.

    Raises:
        Failure: it holds none.
        UserError: as :meth:`ChatClient.send`.
    """
    from openai.types.chat import ChatCompletion

    response = _object(line.get("response"))
    status, body = response.get("status_code"), response.get("body")
    if status == 200 and not line.get("error"):
        parts = {name: value for name, value in _object(body).items() if name in ("choices", "usage", "error")}
        try:
            completion = ChatCompletion.construct(**parts) if parts else str(body)
        except (AttributeError, RecursionError, RuntimeError, TypeError, ValueError):  # by what is odd in it
            completion = str(body)
        return client.raw(completion)
    error = _inner(line.get("error")) or _inner(body)
    code, parameter = (error.get(name) for name in ("code", "param"))
    message = client.shown(message_of(error)) if error else "it says nothing"
    code = code if isinstance(code, str) else None
    if type(status) is int and status >= 400:
        return client.refused(Refusal(status, message, code, parameter if isinstance(parameter, str) else None))
    if code in FILTERED:
        return Raw("", "content_filter", refusal=message)
    raise Failure("unasked" if code in UNASKED else "lost", f"{code or 'the line of the batch'}: {message}")


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _inner(error: Any) -> dict[str, Any]:
    """What an error holds: OpenAI's bodies have it one deeper."""
    if isinstance(error, dict):
        return error["error"] if isinstance(error.get("error"), dict) else error
    return {"message": error} if error else {}
