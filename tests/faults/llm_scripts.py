"""How a language model's server may misbehave."""

import json
from typing import Any

from tests.llm_server import Say, Script, completion, error, usual_answer

KEY = "sk-a-key-that-nobody-may-see"
LATE_S = 6.0


def _always(**how: Any) -> Script:
    return lambda *_: Say(**how)


def _every(number: int, say: Say) -> Script:
    """That answer to every n-th request."""
    return lambda _, count: say if count % number == 0 else None


def _with(**parts: Any) -> Script:
    """The usual completion with some of its parts replaced."""
    return lambda body, _: Say(body=completion(Say(usual_answer(body)), "prompt") | parts)


def _saying(content: Any, **more: Any) -> dict[str, Any]:
    return {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content, **more}}


def _message(content: Any, **more: Any) -> Script:
    return _with(choices=[_saying(content, **more)])


def _usage(tokens: Any) -> Script:
    return _with(usage={"prompt_tokens": tokens, "completion_tokens": tokens})


def _in_parts(body: dict[str, Any], _: int) -> Say:
    text = usual_answer(body)
    parts = [{"type": "reasoning", "summary": "so"}, {"type": "text", "text": text[:5]}, text[5:]]
    return Say(body=completion(Say(""), "prompt") | {"choices": [_saying(parts)]})


def _sent_as(**headers: str) -> Script:
    """The usual answer under other headers, and the connection closed after it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda body, _: Say(usual_answer(body), headers=named, cut_after=10**9)


def _refusing(parameter: str, message: str, **more: Any) -> Script:
    """400 to all who send that parameter."""
    return lambda body, _: error(400, message, **more) if parameter in body else None


SCRIPTS: dict[str, Script] = {
    "500 to all": _always(status=500, body={"error": "down"}),
    "500 to every third": _every(3, Say(status=500)),
    "502 with a web page": _always(status=502, body="<html><h1>Bad Gateway</h1></html>"),
    "529 to every other": _every(2, error(529, "overloaded")),
    "418": lambda *_: error(418, "I'm a teapot"),
    "429 to every third": _every(3, error(429, "slow down")),
    "429 for a day": _always(status=429, headers={"Retry-After": "86400"}),
    "429 for less than nothing": _every(3, Say(status=429, headers={"Retry-After": "-5"})),
    "429 until a day that is none": _every(3, Say(status=429, headers={"Retry-After": "Blursday, 99 Foo 2026"})),
    "429 as no money is left": lambda *_: error(429, "pay first", code="insufficient_quota"),
    "400 to all": lambda *_: error(400, "bad"),
    "400 with nothing said": _always(status=400, body=""),
    "400 as schemas are unknown": _refusing("response_format", "response_format json_schema is not supported"),
    "400 as max_tokens is unknown": _refusing(
        "max_tokens", "use max_completion_tokens", code="unsupported_parameter", param="max_tokens"
    ),
    "400 as all is too long": lambda *_: error(400, "maximum context length is 16 tokens"),
    "401 with the key": lambda *_: error(401, f"wrong key {KEY}"),
    "401": lambda *_: error(401, "wrong key"),
    "402": lambda *_: error(402, "pay first"),
    "403": lambda *_: error(403, "no access"),
    "404": lambda *_: error(404, "no such model"),
    "204": _always(status=204, body=""),
    "a redirect elsewhere": _always(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    "a redirect to itself": _always(status=307, headers={"Location": "/v1/chat/completions"}),
    "a redirect to a file": _always(status=307, headers={"Location": "file:///etc/passwd"}),
    "no JSON": _always(body="<html>busy</html>"),
    "an empty body": _always(body=""),
    "null": _always(body="null"),
    "a list": _always(body=[]),
    "a number that is none": _always(body='{"choices": [{"message": {"content": "x"}}], "usage": NaN}'),
    "a body nested deep": _always(body="[" * 100_000),
    "a body that is not UTF-8": _always(body=b'{"choices": "\xff\xfe"}'),
    "an error in place of choices": _always(body={"error": {"message": f"upstream is down, {KEY}"}}),
    "choices that are no list": _with(choices={"0": _saying("loud")}),
    "no choices": _with(choices=[]),
    "a choice that is null": _with(choices=[None]),
    "content in parts": _in_parts,
    "content that is a number": _message(7),
    "a call of a tool": _message(None, tool_calls=[{"id": "1", "type": "function"}]),
    "usage below zero": _usage(-5),
    "usage beyond all numbers": _usage(2**70),
    "usage in words": _usage("many"),
    "half a character in why it ends": _with(choices=[_saying("loud") | {"finish_reason": "st\ud83dop"}]),
    "said to be packed": _sent_as(content_encoding="gzip"),
    "said to be longer": _sent_as(content_length="999999"),
    "said to be shorter": _sent_as(content_length="20"),
    "a header of a megabyte": _sent_as(x_padding="x" * 1_000_000),
    "in a stream": _always(body='data: {"choices": [{"delta": {"content": "loud"}}]}\n\ndata: [DONE]\n\n',
                           headers={"content-type": "text/event-stream"}),
    "closed after each answer": _sent_as(),
    "the connection cut": _every(2, Say(text='{"summary": "loud."}', cut_after=30)),
    "the connection cut at once": _every(3, Say(text="", cut_after=0)),
    "answers that take too long": _every(4, Say(text="{}", delay_s=LATE_S)),
    "answers that are no JSON": _always(text="I think that it is loud."),
    "answers that are empty": _always(text=""),
    "answers of a megabyte": _always(text="loud " * 200_000),
    "answers with half a character": _always(text='{"summary": "loud \\ud83d"}'),
    "answers with a null character": _always(text='{"summary": "loud \\u0000 quiet"}'),
    "answers that steer a terminal": _always(text=json.dumps({"summary": "\x1b[2J\x1b]0;own\x07 loud"})),
    "answers nested deep": _always(text='{"summary": ' + "[" * 50_000),
    "answers that say a thing twice": _always(text='{"answer": "yes", "answer": "no", "summary": "a", "summary": "b"}'),
    "answers of another form": _always(text='{"summary": ["loud"], "answer": true, "concepts": "dog", "verdicts": []}'),
    "answers with the key": _always(text=json.dumps({"summary": f"The key is {KEY}."})),
    "answers cut off by length": _always(text='{"summary": "lo', finish_reason="length"),
    "answers filtered": _always(text="", finish_reason="content_filter"),
    "refusals": _always(text="", refusal="I can't help with that."),
    "instructions within": lambda body, _: Say(text=usual_answer(body).replace("loud", "<script>alert(1)</script>")),
}  # fmt: skip
