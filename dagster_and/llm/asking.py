"""Ask many requests: each answered once, kept as it arrives, a few calls at a time, with patience but not for ever."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from dagster_and.dissection.describer import LlmServer
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.progress import progress
from dagster_and.llm.answers import Account, Answer, AnswerStore, EndedCall
from dagster_and.llm.attempts import Attempt, Attempts
from dagster_and.llm.batch_telling import tell_asked_live
from dagster_and.llm.batching import Batching
from dagster_and.llm.client import ChatClient
from dagster_and.llm.connection import Failure
from dagster_and.llm.ledger import Ledger
from dagster_and.llm.parsing import Raw
from dagster_and.llm.patience import OUTAGE, Patience
from dagster_and.llm.prompts import Request
from dagster_and.llm.server_memory import ServerMemory


class Asker:
    """Asks one model of one server for one dissection, call by call or in batches (``mode``). Threads may share it.

    A request that somebody of the home is asking already, in whichever mode, is waited for.
    """

    def __init__(self, section: LlmServer, store: AnswerStore, dissection: str = ""):
        self.client = ChatClient(section)
        self.store = store
        self._section = section
        self.ledger = Ledger(store, Account(dissection, self.client.server, self.client.model), section)
        self._attempts = Attempts(section, store, self.client)
        self._server = ServerMemory(store, self.client)
        self._patience = Patience(section, self.client.server)
        self._batching = Batching(self.client, store, self.ledger, self._attempts, self._server, self._patience)
        self._lock = threading.Lock()
        self._failed: set[str] = set()
        self._fault: Exception | None = None
        self._has_worked = False

    def request_id(self, request: Request) -> str:
        """The key of a request, as :meth:`Attempts.request_id`."""
        return self._attempts.request_id(request)

    def settled(self, requests: Sequence[Request]) -> dict[str, Answer]:
        """The answer that stands for each request that needs no call, by request id."""
        return self._attempts.settled([self.request_id(request) for request in requests])

    def ask(self, requests: Sequence[Request], label: str) -> list[Answer]:
        """The answer that stands for each request: the first usable one, else the last attempt.

        Raises:
            UserError: the server can't be asked, or a ceiling is reached; what was answered is kept.
        """
        keys = [self.request_id(request) for request in requests]
        answers = self._attempts.settled(keys)
        open_requests = {key: request for key, request in zip(keys, requests, strict=True) if key not in answers}
        self._patience.start()
        in_their_way = self._live if self._section.mode == "live" else self._batching.ask
        answers |= in_their_way(open_requests, label)
        return [answers[key] for key in keys]

    def _live(self, requests: Mapping[str, Request], label: str) -> dict[str, Answer]:
        """Answers by request id: of what nobody else is asking first, then of what others were asking."""
        answers: dict[str, Answer] = {}
        left, waits = dict(requests), 0
        while left:
            with self._batching.claims.taken(left) as ours:
                answers |= self._called({key: request for key, request in left.items() if key in ours}, label)
            in_batches = self._batching.claims.in_batches(left.keys() - ours)
            answers |= self._batching.ask({key: left[key] for key in left if key in in_batches}, label)
            answers |= self._attempts.settled([key for key in left if key not in answers])
            left = {key: request for key, request in requests.items() if key not in answers}
            if not ours and not in_batches and left:
                self._wait(len(left), label, waits)
                waits += 1
        return answers

    def _wait(self, requests: int, label: str, waits: int) -> None:
        """For another run that is asking the same.

        Raises:
            UserError: there is no waiting any more: it was stopped.
        """
        if not waits:
            tell_asked_live(label, requests)
        self._patience.wait_for_turn()
        self._patience.look_again(waits)

    def _called(self, requests: Mapping[str, Request], label: str) -> dict[str, Answer]:
        """Answers by request id, a few calls at a time."""
        self._failed.clear()
        self._fault = None
        answers: dict[str, Answer] = {}
        with ThreadPoolExecutor(self._section.concurrency, thread_name_prefix="asking") as pool:
            flights = {key: pool.submit(self._settle, key, request) for key, request in requests.items()}
            try:
                for key, flight in progress(flights.items(), label, "answers", len(flights)):
                    answers[key] = flight.result()
            except BaseException:
                self._patience.stop()  # calls in flight are waited for, and their answers kept
                pool.shutdown(wait=True, cancel_futures=True)
                if self._fault:  # what stopped the others, not that they were stopped
                    raise self._fault from None
                raise
        return answers

    def _settle(self, key: str, request: Request) -> Answer:
        try:
            return self._made(key, request)
        except Exception as error:  # whatever it is, it is what stops the others, and the reason that is given
            with self._lock:
                self._fault = self._fault or error
            self._patience.stop()
            raise

    def _made(self, key: str, request: Request) -> Answer:
        """Attempts until one is usable, a call fails for good, or the bound is reached; each of them is kept."""
        while True:
            attempts = [answer for answer in self.store.answers_to(key) if answer.status != "error"]
            if standing := self._attempts.standing(attempts):
                return standing
            attempt = self._attempts.next(key, request, len(attempts), self._server.response_format)
            answer = self.store.keep(*self._asked(attempt))
            if answer.status == "error":
                return answer

    def _asked(self, attempt: Attempt) -> tuple[Answer, EndedCall | None]:
        """One attempt, and the call that the ledger has to end with it: none where no call was answered."""
        try:
            raw, response_format, call = self._server.ask(
                lambda form, unsupported, patience: self._patiently(attempt, form, unsupported, patience),
                self._section.max_retries,
            )
        except Failure as failure:
            return self._failure(attempt, failure), None
        with self._lock:
            self._failed.clear()
            self._has_worked = True
        ended = self.ledger.answered(call, raw)
        return attempt.answered(raw, response_format, ended), ended

    def _failure(self, attempt: Attempt, failure: Failure) -> Answer:
        """A call that failed for good, as an answer.

        Raises:
            UserError: it is the server's fault: everything fails.
        """
        answer = attempt.failed(failure.sentence)
        with self._lock:
            if not failure.is_about_size:
                self._failed.add(answer.request_id)
            is_outage = len(self._failed) >= OUTAGE or (not self._has_worked and not failure.is_about_size)
        if is_outage:
            self.store.keep(answer)
            raise self.client.cannot_be_asked(failure)
        return answer

    def _patiently(
        self, attempt: Attempt, response_format: str, unsupported: tuple[str, ...], patience: int
    ) -> tuple[Raw, int]:
        """One call, repeated while its failure may pass, and its id: the answer, once kept, ends it in the ledger.

        Raises:
            Failure: it is not going to pass, or patience is at its end.
        """
        tries = 0
        while True:
            self._patience.wait_for_turn()
            call = self.ledger.begin(attempt.request, attempt.blank.request_id)
            try:
                raw = self.client.send(attempt.request, attempt.sampling, response_format, unsupported)
            except Failure as failure:
                self.ledger.fail(call, failure.kind)
                is_final = tries >= (self._section.max_retries if failure.kind in ("busy", "lost") else patience)
                if not failure.is_passing or is_final:
                    raise
                self._patience.pause(failure, tries)
                tries += 1
            except UserError:
                self.ledger.fail(call, "refused")
                raise
            else:
                return raw, call
