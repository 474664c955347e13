"""What asking costs: counted by task, held under a ceiling, and told beforehand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from dagster_and.dissection.describer import LlmServer
from dagster_and.foundation.errors import UserError
from dagster_and.llm.answers import Account, AnswerStore, EndedCall
from dagster_and.llm.parsing import Raw
from dagster_and.llm.prompts import Request

BYTES_PER_TOKEN = 3.5
"""English text in the usual vocabularies: near 4; a little less, so that an estimate is not too low."""
LINE_BYTES = 600
"""What a line of a batch holds beside the prompt: its id, the schema of the answer, sampling."""
WAV_BYTES_PER_SECOND = 16000 * 2 * 4 / 3
"""A second of sound as it is sent: 16 kHz of 16 bit, in base64."""
TOKENS_PER_SECOND = 30.0
"""What an audio LLM makes of a second of sound; 25 to 30 in those of 2024 to 2026."""


@dataclass(frozen=True)
class Spent:
    """Calls of one task: those sent, the tokens that servers reported, and their cost; None where it is unknown."""

    task: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None


@dataclass(frozen=True)
class Estimate:
    """What requests will take: distinct ones, those answered already, and what is left to be called."""

    requests: int
    answered: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    sent_bytes: int
    """What is left to be asked, as the lines of batches hold it."""


class Ledger:
    """The account of one dissection with one model: every call is entered before it is sent."""

    def __init__(self, store: AnswerStore, account: Account, section: LlmServer):
        self._store = store
        self.account = account
        self._section = section

    def begin(self, request: Request, request_id: str) -> int:
        """Enter a call at the most it can cost.

        Raises:
            UserError: a ceiling is reached.
        """
        section = self._section
        call = self._store.begin_call(
            self.account, request.task, request_id, self.reserved(request), section.max_calls, section.max_cost_usd
        )
        if call is None:
            raise self.ceiling()
        return call

    def reserved(self, request: Request) -> float | None:
        """The most that a call can cost; None where a price is unknown."""
        return self.cost(_prompt_bytes(request), self._section.max_tokens)  # a token has at least one byte

    def ceiling(self) -> UserError:
        """That a ceiling is reached, and which."""
        section = self._section
        calls, spent = self.total()
        ceiling = (
            f"max_calls is {section.max_calls}, and {calls} calls have been made"
            if section.max_calls is not None and calls >= section.max_calls
            else f"max_cost_usd is {section.max_cost_usd:g}, and ${spent:.4f} is spent: the next call may pass it"
        )
        return UserError(
            f"The ceiling is reached: {ceiling} to {self.account.model}. All answers so far are kept; "
            "raise the ceiling in the dissection file and run again, and it goes on from here."
        )

    def answered(self, call: int, raw: Raw, discount: float | None = None) -> EndedCall:
        """What an answered call has used, to be entered together with its answer; ``discount`` as in :meth:`cost`."""
        tokens = (raw.prompt_tokens, raw.completion_tokens)
        return EndedCall(call, "answered", *tokens, self.cost(*tokens, discount))

    def fail(self, call: int, outcome: str) -> None:
        """Enter that a call had no answer."""
        self._store.end_call(self.failed(call, outcome))

    def failed(self, call: int, outcome: str) -> EndedCall:
        """What a call without an answer has used: nothing, if the server has turned it away or never come to it."""
        free = self.cost(0, 0) if outcome in ("busy", "rejected", "refused", "unasked") else None
        return EndedCall(call, outcome, cost_usd=free)

    @property
    def discount(self) -> float:
        """The share of the prices that is taken off in this mode."""
        return (self._section.batch_discount or 0.0) if self._section.mode == "batch" else 0.0

    def cost(
        self, prompt_tokens: int | None, completion_tokens: int | None, discount: float | None = None
    ) -> float | None:
        """US dollars, or None where a price or a number of tokens is unknown.

        ``discount`` is that of the batch in which it was asked, where one knows it; else this mode's.
        """
        prices = (self._section.usd_per_million_prompt_tokens, self._section.usd_per_million_completion_tokens)
        if None in prices or prompt_tokens is None or completion_tokens is None:
            return None
        share = 1 - (self.discount if discount is None else discount)
        return share * (prompt_tokens * (prices[0] or 0) + completion_tokens * (prices[1] or 0)) / 1e6

    def by_task(self) -> list[Spent]:
        """What the account has used so far, all runs together."""
        rows = self._store.rows(
            "select task, count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0), "
            "sum(cost_usd) from calls where dissection = ? and server = ? and model = ? group by task order by task",
            (self.account.dissection, self.account.server, self.account.model),
        )
        return [Spent(*row) for row in rows]

    def estimate(self, requests: Sequence[tuple[str, Request]], settled: set[str]) -> Estimate:
        """What is left of requests (with their ids), ``settled`` being the ids that need no call.

        Tokens follow what this model has needed for the same task so far; where it has not been asked yet, the length
        of the prompts, and half of the longest answer.
        """
        distinct = dict(requests)
        left = [request for request_id, request in distinct.items() if request_id not in settled]
        per_byte, per_answer = self._experience({request.task for request in left})
        prompt = sum(_prompt_tokens(request, per_byte.get(request.task)) for request in left)
        completion = sum(per_answer.get(request.task, self._section.max_tokens / 2) for request in left)
        cost = self.cost(round(prompt), round(completion))
        answered = len(distinct) - len(left)
        size = sum(map(_line_bytes, left))
        return Estimate(len(distinct), answered, len(left), round(prompt), round(completion), cost, size)

    def _experience(self, tasks: set[str]) -> tuple[dict[str, float], dict[str, float]]:
        rows = self._store.rows(
            "select task, sum(prompt_tokens) * 1.0 / sum(length(cast(prompt as blob))), avg(completion_tokens) "
            "from answers where server = ? and model = ? and prompt_tokens > 0 and audio_sha256 is null "
            "and task in (select value from json_each(?)) group by task",
            (self.account.server, self.account.model, json.dumps(sorted(tasks))),
        )
        return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows if row[2] is not None}

    def total(self) -> tuple[int, float]:
        """Calls so far, all runs and tasks together, and US dollars as far as they are known."""
        spent = self.by_task()
        return sum(s.calls for s in spent), sum(s.cost_usd or 0.0 for s in spent)


def _prompt_bytes(request: Request) -> int:
    """Bytes of the prompt; of a clip a generous number of tokens for its seconds."""
    heard = round(4 * TOKENS_PER_SECOND * request.clip.seconds) if request.clip else 0
    return len(json.dumps(request.messages()).encode()) + heard


def _line_bytes(request: Request) -> int:
    heard = round(WAV_BYTES_PER_SECOND * request.clip.seconds) if request.clip else 0
    return len(json.dumps(request.messages()).encode()) + heard + LINE_BYTES


def _prompt_tokens(request: Request, per_byte: float | None) -> float:
    text = len(json.dumps(request.messages()).encode()) * (per_byte or 1 / BYTES_PER_TOKEN)
    return text + (TOKENS_PER_SECOND * request.clip.seconds if request.clip else 0)
