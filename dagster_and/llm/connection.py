"""A server of the OpenAI kind: reached with a key that nothing shows, and what it means where it says no."""

import base64
import json
import os
import re
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from dagster_and.dissection.describer import LlmServer
from dagster_and.foundation.errors import PassingError, UserError
from dagster_and.foundation.texts import whole

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

OPTIONAL = ("max_tokens", "temperature", "seed")
"""Parameters that some models refuse."""
BROKE = ("insufficient_quota", "billing_hard_limit_reached")
"""Codes of an account without money."""
SHORTEST_SECRET = 6
LONGEST_MESSAGE = 300
_ABOUT_SIZE = re.compile(r"context|too (?:long|large|many tokens)|maximum .{0,20}(?:length|tokens)", re.IGNORECASE)
_ABOUT_FORMAT = re.compile(r"response_format|json_schema|json_object|grammar|guided", re.IGNORECASE)


class Failure(Exception):  # noqa: N818 - a verdict on a call
    """A call without an answer.

    ``kind``: busy (429), broken (5xx), lost (timeout, cut connection, not an answer), unasked (its batch ended before
    its turn), rejected (4xx: this request will never be taken).
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
        return self.kind in ("busy", "broken", "lost", "unasked")

    @property
    def is_about_size(self) -> bool:
        """Whether the request is too long for the model."""
        return self.kind == "rejected" and bool(_ABOUT_SIZE.search(self.sentence))

    @property
    def is_about_format(self) -> bool:
        """Whether the server says that it doesn't take the form of answer that is asked for."""
        return self.status in (400, 415, 422) and bool(_ABOUT_FORMAT.search(self.sentence))


@dataclass(frozen=True)
class Refusal:
    """An HTTP status that is no success, with what the server says of it."""

    status: int
    message: str
    code: str | None = None
    parameter: str | None = None
    retry_after_s: float | None = None

    @classmethod
    def of(cls, error: "APIStatusError") -> "Refusal":
        """What the client has raised."""
        code, parameter = getattr(error, "code", None), getattr(error, "param", None)
        return cls(error.status_code, message_of(error.body) or error.message, code, parameter, _retry_after(error))


class Connection:
    """A model at a server. The key is read from the environment and removed from everything that comes back.

    Raises:
        UserError: the settings name an environment variable that is not set, or a key that no header can carry.
    """

    def __init__(self, section: LlmServer):
        self.server = section.resolved_url()
        self.model = section.resolved_model()
        self.section = section
        self._opening = threading.Lock()
        self._opened: OpenAI | None = None
        self._key = os.environ.get(section.api_key_env, "").strip()
        if not self._key.isascii() or not self._key.isprintable():
            raise UserError(f"The key in {section.api_key_env} has characters that no key has: set it anew.")

    @property
    def client(self) -> "OpenAI":
        """One client for all threads, closed when nobody holds this object any more."""
        from openai import OpenAI

        with self._opening:
            if self._opened is None:
                self._opened = OpenAI(
                    base_url=self.server,
                    api_key=self._key or "none",  # the client wants one; a server that needs none ignores it
                    timeout=self.section.timeout_s,
                    max_retries=0,
                )
                weakref.finalize(self, self._opened.close)
            return self._opened

    @contextmanager
    def asked(self) -> Iterator[None]:
        """A block that asks the server something.

        Raises:
            Failure: it fails.
            UserError: as :meth:`judged`.
        """
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            raise self.judged(Refusal.of(error)) from None
        except openai.APITimeoutError:
            raise Failure("lost", f"no answer within {self.section.timeout_s:g} s") from None
        except (openai.APIError, ValueError, RecursionError) as error:  # cut connections, and bodies that are not JSON
            cause = error.__cause__ or error
            raise Failure("lost", f"the connection failed ({self.shown(str(cause))})") from None

    def redact(self, text: str) -> str:
        """The text without the key, in any of the forms that a server may echo it in."""
        if len(self._key) < SHORTEST_SECRET:
            return text
        encoded = base64.b64encode(self._key.encode()).decode()
        for secret in {self._key, json.dumps(self._key)[1:-1], quote(self._key, safe=""), encoded}:
            text = text.replace(secret, "[key removed]")
        return text

    def shown(self, text: str) -> str:
        """What a server says, on one line, not too long, without the key."""
        flat = self.redact(" ".join(whole(text).split()))
        return flat if len(flat) <= LONGEST_MESSAGE else f"{flat[:LONGEST_MESSAGE]}..."

    def said(self, refusal: Refusal) -> str:
        """A refusal in words."""
        return f"HTTP {refusal.status}: {self.shown(refusal.message)}"

    def cannot_be_asked(self, failure: Failure) -> UserError:
        """That the server is at fault, and what to do."""
        kind = PassingError if failure.is_passing else UserError
        return kind(
            f"{self.model} at {self.server} can't be asked: {failure.sentence}. All answers so far are kept; see to "
            "the server, or to describer and captions in the dissection file, and run again."
        )

    def no_money(self, where: str) -> UserError:
        """That the account is empty, and where that is said."""
        return UserError(f"There is no money left: {where}; top the account up, then run again.")

    def judged(self, refusal: Refusal) -> Failure:
        """What a refusal means for this request.

        Raises:
            UserError: the key is not accepted, or no money is left: no other request can do better.
        """
        status = refusal.status
        where = f"{self.server} answers {self.said(refusal).removeprefix('HTTP ')}"
        key = self.section.api_key_env
        if status in (401, 403):
            hint = f"check the key in {key}" if self._key else f"set {key} to your key"
            raise UserError(f"The key is not accepted: {where}; {hint}.") from None
        if status == 402 or refusal.code in BROKE:
            raise self.no_money(where) from None
        kind = "busy" if status == 429 else "broken" if status >= 500 or status in (408, 409) else "rejected"
        failure = Failure(kind, self.said(refusal), status=status, retry_after_s=refusal.retry_after_s)
        if refusal.code in ("unsupported_parameter", "unsupported_value") and refusal.parameter in OPTIONAL:
            failure.unsupported = refusal.parameter
        return failure


def message_of(body: object) -> str:
    """What the body of an error says; empty where it has none."""
    if isinstance(body, dict):
        return str(body.get("message") or body.get("detail") or body.get("error") or body)
    return str(body or "")


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
