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


class Ledger:
    """The account of one dissection with one model: every call is entered before it is sent."""

    def __init__(self, store: AnswerStore, account: Account, section: LlmServer):
        self._store = store
        self._account = account
        self._section = section

    def begin(self, request: Request, request_id: str) -> int:
        """Enter a call at the most it can cost.

        Raises:
            UserError: a ceiling is reached.
        """
        section = self._section
        reserved = self.cost(_prompt_bytes(request), section.max_tokens)  # a token has at least one byte
        call = self._store.begin_call(
            self._account, request.task, request_id, reserved, section.max_calls, section.max_cost_usd
        )
        if call is None:
            calls, spent = self._total()
            ceiling = (
                f"max_calls is {section.max_calls}, and {calls} calls have been made"
                if section.max_calls is not None and calls >= section.max_calls
                else f"max_cost_usd is {section.max_cost_usd:g}, and ${spent:.4f} is spent: the next call may pass it"
            )
            raise UserError(
                f"The ceiling is reached: {ceiling} to {self._account.model}. All answers so far are kept; "
                "raise the ceiling in the dissection file and run again, and it goes on from here."
            )
        return call

    def answered(self, call: int, raw: Raw) -> EndedCall:
        """What an answered call has used, to be entered together with its answer."""
        tokens = (raw.prompt_tokens, raw.completion_tokens)
        return EndedCall(call, "answered", *tokens, self.cost(*tokens))

    def fail(self, call: int, outcome: str) -> None:
        """Enter that a call had no answer; one that the server has turned away costs nothing."""
        free = self.cost(0, 0) if outcome in ("busy", "rejected", "refused") else None
        self._store.end_call(EndedCall(call, outcome, cost_usd=free))

    def cost(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """US dollars, or None where a price or a number of tokens is unknown."""
        prices = (self._section.usd_per_million_prompt_tokens, self._section.usd_per_million_completion_tokens)
        if None in prices or prompt_tokens is None or completion_tokens is None:
            return None
        return (prompt_tokens * (prices[0] or 0) + completion_tokens * (prices[1] or 0)) / 1e6

    def by_task(self) -> list[Spent]:
        """What the account has used so far, all runs together."""
        rows = self._store.rows(
            "select task, count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0), "
            "sum(cost_usd) from calls where dissection = ? and server = ? and model = ? group by task order by task",
            (self._account.dissection, self._account.server, self._account.model),
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
        return Estimate(len(distinct), answered, len(left), round(prompt), round(completion), cost)

    def _experience(self, tasks: set[str]) -> tuple[dict[str, float], dict[str, float]]:
        rows = self._store.rows(
            "select task, sum(prompt_tokens) * 1.0 / sum(length(cast(prompt as blob))), avg(completion_tokens) "
            "from answers where server = ? and model = ? and prompt_tokens > 0 and audio_sha256 is null "
            "and task in (select value from json_each(?)) group by task",
            (self._account.server, self._account.model, json.dumps(sorted(tasks))),
        )
        return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows if row[2] is not None}

    def _total(self) -> tuple[int, float]:
        spent = self.by_task()
        return sum(s.calls for s in spent), sum(s.cost_usd or 0.0 for s in spent)


def _prompt_bytes(request: Request) -> int:
    """Bytes of the prompt; of a clip a generous number of tokens for its seconds."""
    heard = round(4 * TOKENS_PER_SECOND * request.clip.window_s) if request.clip else 0
    return len(json.dumps(request.messages()).encode()) + heard


def _prompt_tokens(request: Request, per_byte: float | None) -> float:
    text = len(json.dumps(request.messages()).encode()) * (per_byte or 1 / BYTES_PER_TOKEN)
    return text + (TOKENS_PER_SECOND * request.clip.window_s if request.clip else 0)
