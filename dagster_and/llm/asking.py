"""Ask many requests: each answered once, kept as it arrives, a few calls at a time, with patience but not for ever."""

import json
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from dagster_and.dissection.describer import LlmServer
from dagster_and.foundation.errors import PassingError, UserError
from dagster_and.foundation.keys import digest
from dagster_and.foundation.progress import progress
from dagster_and.llm.answers import Account, Answer, AnswerStore, EndedCall, now
from dagster_and.llm.client import ChatClient, Failure, Sampling
from dagster_and.llm.ledger import Ledger
from dagster_and.llm.parsing import Raw, verdict
from dagster_and.llm.prompts import Request
from dagster_and.llm.server_memory import ServerMemory

OUTAGE = 3
"""So many different requests failing one after the other, none answered between, are the server's fault, not theirs."""
LONGEST_PAUSE_S = 60.0


class Asker:
    """Asks one model of one server for one dissection. Threads may share it."""

    def __init__(self, section: LlmServer, store: AnswerStore, dissection: str = ""):
        self.client = ChatClient(section)
        self.store = store
        self._section = section
        self.ledger = Ledger(store, Account(dissection, self.client.server, self.client.model), section)
        self._server = ServerMemory(store, self.client)
        self._flights: dict[str, Future[Answer]] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._failed: set[str] = set()
        self._fault: Exception | None = None
        self._has_worked = False
        self._resume_at = 0.0

    def request_id(self, request: Request) -> str:
        """The key of a request: server, model, prompt and its file, sampling, form of the answer, clip."""
        section = self._section
        return digest(
            self.client.server,
            self.client.model,
            request.task,
            request.prompt.sha256,
            request.messages(),
            request.response_schema(),
            [section.temperature, section.seed, section.max_tokens],
        )

    def settled(self, requests: Sequence[Request]) -> dict[str, Answer]:
        """The answer that stands for each request that needs no call, by request id."""
        ids = list(dict.fromkeys(map(self.request_id, requests)))
        found = {key: self._standing(attempts) for key, attempts in self.store.answered(ids).items()}
        return {key: answer for key, answer in found.items() if answer}

    def ask(self, requests: Sequence[Request], label: str) -> list[Answer]:
        """The answer that stands for each request: the first usable one, else the last attempt.

        Raises:
            UserError: the server can't be asked, or a ceiling is reached; what was answered is kept.
        """
        keys = [self.request_id(request) for request in requests]
        answers = self.settled(requests)
        open_requests = {key: request for key, request in zip(keys, requests, strict=True) if key not in answers}
        self._stopped.clear()
        self._failed.clear()
        self._fault = None
        with ThreadPoolExecutor(self._section.concurrency, thread_name_prefix="asking") as pool:
            flights = {key: self._fly(pool, key, request) for key, request in open_requests.items()}
            try:
                for key, flight in progress(flights.items(), label, "answers", len(flights)):
                    answers[key] = flight.result()
            except BaseException:
                self._stopped.set()  # calls in flight are waited for, and their answers kept
                pool.shutdown(wait=True, cancel_futures=True)
                if self._fault:  # what stopped the others, not that they were stopped
                    raise self._fault from None
                raise
        return [answers[key] for key in keys]

    def _fly(self, pool: ThreadPoolExecutor, key: str, request: Request) -> "Future[Answer]":
        """One flight a request, whoever asks."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._flights[key] = pool.submit(self._settle, key, request)
        flight.add_done_callback(lambda _: self._flights.pop(key, None))
        return flight

    def _settle(self, key: str, request: Request) -> Answer:
        try:
            return self._attempts(key, request)
        except Exception as error:  # whatever it is, it is what stops the others, and the reason that is given
            with self._lock:
                self._fault = self._fault or error
            self._stopped.set()
            raise

    def _attempts(self, key: str, request: Request) -> Answer:
        """Attempts until one is usable, a call fails for good, or the bound is reached; each of them is kept."""
        while True:
            attempts = [answer for answer in self.store.answers_to(key) if answer.status != "error"]
            if standing := self._standing(attempts):
                return standing
            answer = self.store.keep(*self._attempt(key, request, len(attempts)))
            if answer.status == "error":
                return answer

    def _standing(self, attempts: Sequence[Answer]) -> Answer | None:
        answered = [answer for answer in attempts if answer.status != "error"]
        usable = next((answer for answer in answered if answer.is_usable), None)
        return usable or (answered[-1] if len(answered) >= self._section.max_attempts else None)

    def _attempt(self, key: str, request: Request, earlier: int) -> tuple[Answer, EndedCall | None]:
        """One attempt, and the call that the ledger has to end with it: none where no call was answered."""
        section = self._section
        temperature = max(section.temperature, section.retry_temperature) if earlier else section.temperature
        sampling = Sampling(temperature, section.seed + earlier, section.max_tokens)
        blank = self._blank(key, request, sampling, earlier)
        try:
            raw, response_format, call = self._server.ask(
                lambda form, unsupported, patience: self._patiently(
                    key, request, sampling, form, unsupported, patience
                ),
                section.max_retries,
            )
        except Failure as failure:
            return self._failure(key, blank, failure), None
        with self._lock:
            self._failed.clear()
            self._has_worked = True
        status, reason = verdict(request, raw)
        ended = self.ledger.answered(call, raw)
        answer = replace(
            blank,
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
        return answer, ended

    def _failure(self, key: str, blank: Answer, failure: Failure) -> Answer:
        """A call that failed for good, as an answer.

        Raises:
            UserError: it is the server's fault: everything fails.
        """
        answer = replace(blank, reason=failure.sentence, created_at=now())
        with self._lock:
            if not failure.is_about_size:
                self._failed.add(key)
            is_outage = len(self._failed) >= OUTAGE or (not self._has_worked and not failure.is_about_size)
        if is_outage:
            self.store.keep(answer)
            kind = PassingError if failure.is_passing else UserError
            raise kind(
                f"{self.client.model} at {self.client.server} can't be asked: {failure.sentence}. All answers so far "
                "are kept; see to the server, or to describer and captions in the dissection file, and run again."
            )
        return answer

    def _patiently(
        self,
        key: str,
        request: Request,
        sampling: Sampling,
        response_format: str,
        unsupported: tuple[str, ...],
        patience: int,
    ) -> tuple[Raw, int]:
        """One call, repeated while its failure may pass, and its id: the answer, once kept, ends it in the ledger.

        Raises:
            Failure: it is not going to pass, or patience is at its end.
        """
        tries = 0
        while True:
            self._wait_for_turn()
            call = self.ledger.begin(request, key)
            try:
                raw = self.client.send(request, sampling, response_format, unsupported)
            except Failure as failure:
                self.ledger.fail(call, failure.kind)
                is_final = tries >= (self._section.max_retries if failure.kind in ("busy", "lost") else patience)
                if not failure.is_passing or is_final:
                    raise
                self._pause(failure, tries)
                tries += 1
            except UserError:
                self.ledger.fail(call, "refused")
                raise
            else:
                return raw, call

    def _pause(self, failure: Failure, tries: int) -> None:
        """Wait before the next try; after a 429 all threads do."""
        stated = failure.retry_after_s or 0.0
        if stated > self._section.longest_wait_s:
            raise PassingError(
                f"{self.client.server} asks to wait {stated:.0f} s, and longest_wait_s is "
                f"{self._section.longest_wait_s:g}. All answers so far are kept; run again later."
            )
        own = min(self._section.backoff_s * 2**tries, LONGEST_PAUSE_S) * random.uniform(0.75, 1.25)
        pause = max(stated, own)
        if failure.kind == "busy":
            with self._lock:
                self._resume_at = max(self._resume_at, time.monotonic() + pause)
        else:
            self._stopped.wait(pause)

    def _wait_for_turn(self) -> None:
        while (rest := self._resume_at - time.monotonic()) > 0 and not self._stopped.wait(rest):
            pass
        if self._stopped.is_set():
            raise UserError("Stopped; all answers so far are kept.")

    def _blank(self, key: str, request: Request, sampling: Sampling, earlier: int) -> Answer:
        return Answer(
            answer_id=digest(key, earlier),
            request_id=key,
            task=request.task,
            attempt=earlier + 1,
            status="error",
            reason=None,
            server=self.client.server,
            model=self.client.model,
            source=request.source,
            prompt=json.dumps(request.messages(), ensure_ascii=False),
            prompt_sha256=request.prompt.sha256,
            audio_sha256=request.clip.sha256 if request.clip else None,
            answer=None,
            finish_reason=None,
            response_format=self._server.response_format,
            temperature=sampling.temperature,
            seed=sampling.seed,
            max_tokens=sampling.max_tokens,
            prompt_tokens=None,
            completion_tokens=None,
            cost_usd=None,
            created_at=now(),
        )
