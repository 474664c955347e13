"""One call to an OpenAI-compatible server, and what its failure means. Repeats nothing and remembers nothing."""

import base64
import json
import os
import re
import threading
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dagster_and.dissection.describer import LlmServer
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.texts import whole
from dagster_and.llm.parsing import Raw
from dagster_and.llm.prompts import Request

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

FORMATS = ("json_schema", "json_object", "text")
"""Best first: how an answer's form can be asked for."""
OPTIONAL = ("max_tokens", "temperature", "seed")
"""Parameters that some models refuse."""
SHORTEST_SECRET = 6
LONGEST_MESSAGE = 300
MOST_TOKENS = 2**31 - 1
FILTERED = ("content_filter", "content_policy_violation")
"""Codes of an error that is an answer: a filter refuses the request itself, and will again."""
_ABOUT_SIZE = re.compile(r"context|too (?:long|large|many tokens)|maximum .{0,20}(?:length|tokens)", re.IGNORECASE)
_ABOUT_FORMAT = re.compile(r"response_format|json_schema|json_object|grammar|guided", re.IGNORECASE)


class Failure(Exception):  # noqa: N818 - a verdict on a call
    """A call without an answer.

    ``kind``: busy (429), broken (5xx), lost (timeout, cut connection, not an answer), rejected (4xx: this request will
    never be taken).
    """

    def __init__(self, kind: str, sentence: str, *, status: int | None = None, retry_after_s: float | None = None):
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.status = status
        self.retry_after_s = retry_after_s
        self.unsupported: str | None = None

    @property
    def is_passing(self) -> bool:
        """Whether the same call may succeed later."""
        return self.kind in ("busy", "broken", "lost")

    @property
    def is_about_size(self) -> bool:
        """Whether the request is too long for the model."""
        return self.kind == "rejected" and bool(_ABOUT_SIZE.search(self.sentence))

    @property
    def is_about_format(self) -> bool:
        """Whether the server says that it doesn't take the form of answer that is asked for."""
        return self.status in (400, 415, 422) and bool(_ABOUT_FORMAT.search(self.sentence))


@dataclass(frozen=True)
class Sampling:
    """How one attempt is sampled."""

    temperature: float
    seed: int
    max_tokens: int


class ChatClient:
    """A model at a server. The key is read from the environment and removed from everything that comes back.

    Raises:
        UserError: the settings name an environment variable that is not set, or a key that no header can carry.
    """

    def __init__(self, section: LlmServer):
        self.server = section.resolved_url()
        self.model = section.resolved_model()
        self._section = section
        self._opening = threading.Lock()
        self._opened: OpenAI | None = None
        self._key = os.environ.get(section.api_key_env, "").strip()
        if not self._key.isascii() or not self._key.isprintable():
            raise UserError(f"The key in {section.api_key_env} has characters that no key has: set it anew.")

    def send(
        self, request: Request, sampling: Sampling, response_format: str, unsupported: tuple[str, ...] = ()
    ) -> Raw:
        """Send a request once. That a content filter refuses it is an answer, too.

        Raises:
            Failure: there is no answer.
            UserError: the key is not accepted, there is no such model, or no money: no other call can do better.
        """
        import openai

        options = _options(request, sampling, response_format, unsupported)
        create: Any = self._client().chat.completions.create
        try:
            completion = create(model=self.model, messages=_messages(request), **options)
        except openai.APIStatusError as error:
            if getattr(error, "code", None) in FILTERED:
                return Raw("", "content_filter", refusal=self._said(error))
            raise self._judged(error) from None
        except openai.APITimeoutError:
            raise Failure("lost", f"no answer within {self._section.timeout_s:g} s") from None
        except (openai.APIError, ValueError, RecursionError) as error:  # cut connections, and bodies that are not JSON
            cause = error.__cause__ or error
            raise Failure("lost", f"the connection failed ({self.redact(_short(str(cause)))})") from None
        return self._raw(completion)

    def redact(self, text: str) -> str:
        """The text without the key, in any of the forms that a server may echo it in."""
        if len(self._key) < SHORTEST_SECRET:
            return text
        encoded = base64.b64encode(self._key.encode()).decode()
        for secret in {self._key, json.dumps(self._key)[1:-1], quote(self._key, safe=""), encoded}:
            text = text.replace(secret, "[key removed]")
        return text

    def _client(self) -> "OpenAI":
        """One client for all threads, closed when nobody holds this object any more."""
        from openai import OpenAI

        with self._opening:
            if self._opened is None:
                self._opened = OpenAI(
                    base_url=self.server,
                    api_key=self._key or "none",  # the client wants one; a server that needs none ignores it
                    timeout=self._section.timeout_s,
                    max_retries=0,
                )
                weakref.finalize(self, self._opened.close)
            return self._opened

    def _raw(self, completion: Any) -> Raw:
        """What counts of a completion.

        Raises:
            Failure: it is not one: a web page, or an error in place of choices.
        """
        choices = getattr(completion, "choices", None)
        choice = choices[0] if isinstance(choices, list) and choices else None
        message, usage = getattr(choice, "message", None), getattr(completion, "usage", None)
        text = _text(getattr(message, "content", None))
        if not hasattr(message, "content") or text is None:
            said = completion if isinstance(completion, str) else getattr(completion, "error", None) or (
                "no choices" if choice is None else "its first choice holds no message with a text"
            )  # fmt: skip
            shown = self.redact(_short(str(said)))
            raise Failure("lost", f"what came back is not a chat completion ({shown}); base_url usually ends in /v1")
        refusal, finish_reason = getattr(message, "refusal", None), getattr(choice, "finish_reason", None)
        return Raw(
            text=self.redact(whole(text)),
            finish_reason=whole(finish_reason) if isinstance(finish_reason, str) else None,
            refusal=self.redact(whole(str(refusal))) if refusal else None,
            prompt_tokens=_count(getattr(usage, "prompt_tokens", None)),
            completion_tokens=_count(getattr(usage, "completion_tokens", None)),
        )

    def _said(self, error: "APIStatusError") -> str:
        return f"HTTP {error.status_code}: {self.redact(_short(_message(error)))}"

    def _judged(self, error: "APIStatusError") -> Failure:
        status, code = error.status_code, getattr(error, "code", None)
        where = f"{self.server} answers {self._said(error).removeprefix('HTTP ')}"
        key = self._section.api_key_env
        if status in (401, 403):
            hint = f"check the key in {key}" if self._key else f"set {key} to your key"
            raise UserError(f"The key is not accepted: {where}; {hint}.") from None
        if status == 404:
            raise UserError(f"There is no model {self.model!r} there: {where}; check base_url and model.") from None
        if status == 402 or code == "insufficient_quota":
            raise UserError(f"There is no money left: {where}; top the account up, then run again.") from None
        kind = "busy" if status == 429 else "broken" if status >= 500 or status in (408, 409) else "rejected"
        failure = Failure(kind, self._said(error), status=status, retry_after_s=_retry_after(error))
        parameter = getattr(error, "param", None)
        if code in ("unsupported_parameter", "unsupported_value") and parameter in OPTIONAL:
            failure.unsupported = parameter
        return failure


def _messages(request: Request) -> list[dict[str, Any]]:
    """The messages as they are sent, the clip with its bytes."""
    messages = request.messages()
    if request.clip:
        data = base64.b64encode(request.clip.read()).decode()
        messages[1]["content"][1] = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    return messages


def _options(
    request: Request, sampling: Sampling, response_format: str, unsupported: tuple[str, ...]
) -> dict[str, Any]:
    options: dict[str, Any] = {name: getattr(sampling, name) for name in OPTIONAL if name not in unsupported}
    if "max_tokens" in unsupported:
        options["max_completion_tokens"] = sampling.max_tokens
    if response_format == "json_schema":
        schema = {"name": request.task, "strict": True, "schema": request.response_schema()}
        options["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif response_format == "json_object":
        options["response_format"] = {"type": "json_object"}
    return options


def _message(error: "APIStatusError") -> str:
    body = error.body
    if isinstance(body, dict):
        return str(body.get("message") or body.get("detail") or body.get("error") or body)
    return str(body or error.message)


def _retry_after(error: "APIStatusError") -> float | None:
    """Seconds that the server asks to wait; it may name a date instead."""
    stated = error.response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", stated):
        return float(stated)
    try:
        moment = parsedate_to_datetime(stated)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _text(content: Any) -> str | None:
    """The text of a message: as it is, or of its parts those that are text; empty where it has none. None: no text."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else "" if content is None else None


def _count(tokens: Any) -> int | None:
    """A number of tokens; None where what the server says can't be one."""
    return tokens if type(tokens) is int and 0 <= tokens <= MOST_TOKENS else None


def _short(text: str) -> str:
    flat = " ".join(whole(text).split())
    return flat if len(flat) <= LONGEST_MESSAGE else f"{flat[:LONGEST_MESSAGE]}..."
