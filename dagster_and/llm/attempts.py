"""Attempts at a request: the key that they are kept under, how each is sampled, and which of them stands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dagster_and.dissection.describer import LlmServer
from dagster_and.foundation.keys import digest
from dagster_and.llm.answers import Answer, AnswerStore, EndedCall, now
from dagster_and.llm.client import Sampling
from dagster_and.llm.connection import Connection
from dagster_and.llm.parsing import Raw, verdict
from dagster_and.llm.prompts import Request


@dataclass(frozen=True)
class Attempt:
    """One attempt that is to be made: the request, how it is sampled, and the answer that it will be, blank as yet."""

    request: Request
    sampling: Sampling
    blank: Answer

    def answered(self, raw: Raw, response_format: str, ended: EndedCall) -> Answer:
        """The answer, judged; ``ended`` is the call that brought it."""
        status, reason = verdict(self.request, raw)
        return replace(
            self.blank,
            status=status,
            reason=reason,
            answer=raw.text or None,
            finish_reason=raw.finish_reason,
            response_format=response_format,
            prompt_tokens=raw.prompt_tokens,
            completion_tokens=raw.completion_tokens,
            cost_usd=ended.cost_usd,
            created_at=now(),
        )

    def failed(self, sentence: str) -> Answer:
        """A call that failed for good, as an answer."""
        return replace(self.blank, reason=sentence, created_at=now())


def answer_id(key: str, made: int) -> str:
    """The key of the attempt after so many others at the request of that key."""
    return digest(key, made)


class Attempts:
    """The attempts at requests to one model of one server, as one dissection file has them made."""

    def __init__(self, section: LlmServer, store: AnswerStore, connection: Connection):
        self._section = section
        self._store = store
        self._server, self._model = connection.server, connection.model

    def request_id(self, request: Request) -> str:
        """The key of a request: server, model, prompt and its file, sampling, form of the answer, clip."""
        section = self._section
        return digest(
            self._server,
            self._model,
            request.task,
            request.prompt.sha256,
            request.messages(),
            request.response_schema(),
            [section.temperature, section.seed, section.max_tokens],
        )

    def settled(self, request_ids: Sequence[str]) -> dict[str, Answer]:
        """The answer that stands for each request that needs no call, by request id."""
        return {key: standing for key, (standing, _) in self.so_far(request_ids).items() if standing}

    def so_far(self, request_ids: Sequence[str]) -> dict[str, tuple[Answer | None, int]]:
        """By request id the answer that stands, and how many attempts have had one, for requests that had any."""
        found = self._store.answered(list(dict.fromkeys(request_ids)))
        return {
            key: (self.standing(attempts), sum(answer.status != "error" for answer in attempts))
            for key, attempts in found.items()
        }

    def next_ids(self, request_ids: Sequence[str]) -> dict[str, str]:
        """Of each request the key of its next attempt's answer, with the request's own beside it."""
        so_far = self.so_far(request_ids)
        return {answer_id(key, so_far[key][1] if key in so_far else 0): key for key in request_ids}

    def standing(self, attempts: Sequence[Answer]) -> Answer | None:
        """The first usable answer; without one the last, where no further attempt is to be made."""
        answered = [answer for answer in attempts if answer.status != "error"]
        usable = next((answer for answer in answered if answer.is_usable), None)
        return usable or (answered[-1] if len(answered) >= self._section.max_attempts else None)

    def sampling(self, made: int) -> Sampling:
        """How the attempt after so many others is sampled."""
        section = self._section
        temperature = max(section.temperature, section.retry_temperature) if made else section.temperature
        return Sampling(temperature, section.seed + made, section.max_tokens)

    def next(self, key: str, request: Request, made: int, response_format: str) -> Attempt:
        """The attempt after so many others at the request of that key."""
        sampling = self.sampling(made)
        blank = Answer(
            answer_id=answer_id(key, made),
            request_id=key,
            task=request.task,
            attempt=made + 1,
            status="error",
            reason=None,
            server=self._server,
            model=self._model,
            source=request.source,
            prompt=json.dumps(request.messages(), ensure_ascii=False),
            prompt_sha256=request.prompt.sha256,
            audio_sha256=request.clip.sha256 if request.clip else None,
            answer=None,
            finish_reason=None,
            response_format=response_format,
            temperature=sampling.temperature,
            seed=sampling.seed,
            max_tokens=sampling.max_tokens,
            prompt_tokens=None,
            completion_tokens=None,
            cost_usd=None,
            created_at=now(),
        )
        return Attempt(request, sampling, blank)
