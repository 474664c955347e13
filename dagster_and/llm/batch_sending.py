"""Batches sent: planned and kept first, then uploaded, then made; what a kill left between is found again."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

from dagster_and.foundation.errors import UserError
from dagster_and.llm.answers import AnswerStore, now
from dagster_and.llm.attempts import Attempts, answer_id
from dagster_and.llm.batch_lines import write_lines
from dagster_and.llm.batch_places import Place
from dagster_and.llm.batch_store import Batch, BatchStore, Line
from dagster_and.llm.claims import Claims
from dagster_and.llm.client import ChatClient
from dagster_and.llm.connection import Failure
from dagster_and.llm.ledger import Ledger
from dagster_and.llm.prompts import Request
from dagster_and.llm.server_memory import ServerMemory

TOO_LARGE = 413


class TooLargeError(Exception):
    """The server takes no file of so many requests."""

    def __init__(self, requests: int):
        super().__init__(requests)
        self.requests = requests


@dataclass(frozen=True)
class Question:
    """The attempt that is wanted: of which request, by its key, and after how many others."""

    key: str
    request: Request
    made: int

    @property
    def answer_id(self) -> str:
        """The key of its answer, which goes with it to the server and back."""
        return answer_id(self.key, self.made)


@dataclass(frozen=True)
class UnderWay:
    """Where questions are: the batches that hold them, whoever has sent them, and how many are in none.

    Those that had to ``stay`` have no room under a ceiling, or no more was to be sent; others are ``asked_live`` by
    somebody of this home.
    """

    batches: list[Batch]
    stay: int
    asked_live: int


@dataclass(frozen=True)
class BatchSender:
    """Sends the questions of one dissection to one model, in batches of its mode; live, none.

    One process of a home sends at a time.
    """

    client: ChatClient
    places: Mapping[str, Place]
    kept: BatchStore
    claims: Claims
    store: AnswerStore
    ledger: Ledger
    attempts: Attempts
    memory: ServerMemory

    def under_way(self, wanted: Mapping[str, Question], most: int, at_once: int) -> UnderWay:
        """See to it that questions, by the id of their answer, are under way.

        Args:
            wanted: the questions.
            most: how many of them one batch may hold; 0: send none.
            at_once: how many new batches may be sent.

        Raises:
            Failure: the server does not say whether it has made a batch.
            UserError: it takes none.
        """
        with self.kept.alone():
            self._find_again(wanted)
            running, under_way = self.kept.holding(list(wanted))
            live = self.claims.held([question.key for name, question in wanted.items() if name not in under_way])
            rest = self._still_wanted([one for n, one in wanted.items() if n not in under_way and one.key not in live])
            has_room = most > 0 and self._mode in self.places
            while rest and has_room and at_once > 0:
                try:
                    batch, has_room = self._send(rest[:most])
                except TooLargeError as error:
                    most = error.requests // 2
                    continue
                at_once -= 1
                running += [batch] if batch else []
                rest = rest[batch.requests :] if batch else rest
        return UnderWay(running, len(rest), len(live))

    def _still_wanted(self, questions: Sequence[Question]) -> list[Question]:
        """Without those that somebody has answered since: whoever asked them asks them no longer."""
        next_ids = self.attempts.next_ids([question.key for question in questions])
        return [question for question in questions if question.answer_id in next_ids]

    @property
    def _mode(self) -> str:
        return self.client.section.mode

    def _send(self, questions: Sequence[Question]) -> tuple[Batch | None, bool]:
        """Send the first of these questions, as many as a batch holds and a ceiling leaves room for.

        Returns:
            the batch, unless there is room for none; and whether there may be room for more.

        Raises:
            TooLargeError: the server takes no file of that size.
        """
        section, account = self.client.section, self.ledger.account
        batch = Batch(
            uuid.uuid4().hex, account.dissection, account.server, account.model, questions[0].request.task,
            self.memory.response_format, 0, 0, now(), mode=self._mode, discount=self.ledger.discount,
        )  # fmt: skip
        place = self.places[self._mode]
        with TemporaryFile(dir=self.store.path.parent) as file:  # it has no name, so that no kill can leave it there
            ends = write_lines(file, self._bodies(questions, batch.response_format))
            lines = [self._line(question) for question in questions[: len(ends)]]
            planned = self.kept.plan(batch, lines, ends, account, section.max_calls, section.max_cost_usd)
            if planned is None:
                return None, False
            file.truncate(planned.bytes)
            try:
                planned = self.kept.sent(
                    planned, file_id=place.upload(file, planned.filename, planned.bytes)
                )  # fmt: skip
                return self._made(planned), planned.requests == len(lines)
            except Failure as failure:
                if not failure.is_passing:  # if it is, the server may have made it: the next run looks
                    self._withdraw(planned)
                if failure.status == TOO_LARGE and planned.requests > 1:
                    raise TooLargeError(planned.requests) from None
                raise place.not_made(failure) from None
            except UserError:
                self._withdraw(planned)
                raise

    def _find_again(self, wanted: Mapping[str, Question]) -> None:
        """Batches that were planned and never seen again: nobody is sending them, since the lock is ours."""
        for batch in self.kept.unmade(self.client.server, self.client.model):
            place = self.places[batch.mode]
            if batch_id := place.created(batch.batch_key, batch.file_id):
                self.kept.sent(batch, batch_id=batch_id)
                continue
            file_id = batch.file_id or place.uploaded(batch.filename, batch.bytes)
            batch = self.kept.sent(batch, file_id=file_id)
            is_wanted = batch.mode == self._mode and not wanted.keys().isdisjoint(self.kept.open_lines(batch))
            if file_id is None or not is_wanted:
                self._withdraw(batch)
                continue
            try:
                self._made(batch)
            except Failure as failure:
                if failure.is_passing:
                    raise
                self._withdraw(batch)

    def _made(self, batch: Batch) -> Batch:
        """Have an uploaded file answered."""
        assert batch.file_id is not None
        says = {"dissection": batch.dissection, "task": batch.task}
        return self.kept.sent(batch, batch_id=self.places[batch.mode].create(batch.file_id, batch.batch_key, says))

    def _withdraw(self, batch: Batch) -> None:
        if batch.file_id:
            self.places[batch.mode].delete(batch.file_id)
        self.kept.withdraw(batch)

    def _bodies(self, questions: Sequence[Question], form: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for one in questions:
            sampling = self.attempts.sampling(one.made)
            yield one.answer_id, self.client.body(one.request, sampling, form, self.memory.unsupported)

    def _line(self, question: Question) -> Line:
        temperature, reserved = (
            self.attempts.sampling(question.made).temperature,
            self.ledger.reserved(question.request),
        )
        return Line(question.answer_id, question.key, question.request.task, temperature, reserved)
