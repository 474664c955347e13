"""One chat completion of a compatible server, and what its failure means. Repeats nothing and remembers nothing."""

import base64
from dataclasses import dataclass
from typing import Any

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.texts import whole
from dagster_and.llm.connection import OPTIONAL, Connection, Failure, Refusal
from dagster_and.llm.parsing import Raw
from dagster_and.llm.prompts import Request

FORMATS = ("json_schema", "json_object", "text")
"""Best first: how an answer's form can be asked for."""
MOST_TOKENS = 2**31 - 1
FILTERED = ("content_filter", "content_policy_violation")
"""Codes of an error that is an answer: a filter refuses the request itself, and will again."""


@dataclass(frozen=True)
class Sampling:
    """How one attempt is sampled."""

    temperature: float
    seed: int
    max_tokens: int


class ChatClient(Connection):
    """A model at a server, asked for chat completions."""

    def send(
        self, request: Request, sampling: Sampling, response_format: str, unsupported: tuple[str, ...] = ()
    ) -> Raw:
        """Send a request once. That a content filter refuses it is an answer, too.

        Raises:
            Failure: there is no answer.
            UserError: the key is not accepted, there is no such model, or no money: no other call can do better.
        """
        import openai

        create: Any = self.client.chat.completions.create
        with self.asked():
            try:
                completion = create(**self.body(request, sampling, response_format, unsupported))
            except openai.APIStatusError as error:
                return self.refused(Refusal.of(error))
        return self.raw(completion)

    def body(
        self, request: Request, sampling: Sampling, response_format: str, unsupported: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """What is sent: the messages, the clip with its bytes, sampling, form."""
        options = _options(request, sampling, response_format, unsupported)
        return {"model": self.model, "messages": _messages(request), **options}

    def refused(self, refusal: Refusal) -> Raw:
        """A refusal that is an answer.

        Raises:
            Failure: it is none.
            UserError: as :meth:`send`.
        """
        if refusal.code in FILTERED:
            return Raw("", "content_filter", refusal=self.said(refusal))
        if refusal.status == 404:
            where = f"{self.server} answers {self.said(refusal).removeprefix('HTTP ')}"
            raise UserError(f"There is no model {self.model!r} there: {where}; check base_url and model.") from None
        raise self.judged(refusal) from None

    def raw(self, completion: Any) -> Raw:
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
            shown = self.shown(str(said))
            raise Failure("lost", f"what came back is not a chat completion ({shown}); base_url usually ends in /v1")
        refusal, finish_reason = getattr(message, "refusal", None), getattr(choice, "finish_reason", None)
        return Raw(
            text=self.redact(whole(text)),
            finish_reason=whole(finish_reason) if isinstance(finish_reason, str) else None,
            refusal=self.redact(whole(str(refusal))) if refusal else None,
            prompt_tokens=_count(getattr(usage, "prompt_tokens", None)),
            completion_tokens=_count(getattr(usage, "completion_tokens", None)),
        )


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


def _text(content: Any) -> str | None:
    """The text of a message: as it is, or of its parts those that are text; empty where it has none. None: no text."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else "" if content is None else None


def _count(tokens: Any) -> int | None:
    """A number of tokens; None where what the server says can't be one."""
    return tokens if type(tokens) is int and 0 <= tokens <= MOST_TOKENS else None
