"""Batches sent: planned and kept first, then uploaded, then made; what a kill left between is found again."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

from filelock import FileLock

from dagster_and.foundation.errors import UserError
from dagster_and.llm.answers import AnswerStore, now
from dagster_and.llm.attempts import Attempts, answer_id
from dagster_and.llm.batch_client import BatchClient
from dagster_and.llm.batch_folder import BatchFolder
from dagster_and.llm.batch_lines import write_lines
from dagster_and.llm.batch_store import Batch, BatchStore, Line
from dagster_and.llm.client import ChatClient
from dagster_and.llm.connection import Failure
from dagster_and.llm.ledger import Ledger
from dagster_and.llm.prompts import Request
from dagster_and.llm.server_memory import ServerMemory

LOCK = ".batches.lock"


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
class BatchSender:
    """Sends the questions of one dissection to one model. One process of a home sends at a time."""

    client: ChatClient
    server: BatchClient | BatchFolder
    kept: BatchStore
    store: AnswerStore
    ledger: Ledger
    attempts: Attempts
    memory: ServerMemory

    def under_way(self, wanted: Mapping[str, Question], most: int, at_once: int) -> tuple[list[Batch], int]:
        """See to it that questions, by the id of their answer, are under way.

        Args:
            wanted: the questions.
            most: how many of them one batch may hold; 0: send none.
            at_once: how many new batches may be sent.

        Returns:
            the batches that hold them, whoever has sent them, and how many questions had to stay, for lack of room
            under a ceiling or because no more was to be sent.

        Raises:
            Failure: the server does not say whether it has made a batch.
            UserError: it takes none.
        """
        with FileLock(self.store.path.with_name(LOCK)):
            self._find_again(wanted)
            running, under_way = self.kept.holding(list(wanted))
            rest = [question for name, question in wanted.items() if name not in under_way]
            has_room = most > 0
            while rest and has_room and at_once > 0:
                batch, has_room = self._send(rest[:most])
                at_once -= 1
                running += [batch] if batch else []
                rest = rest[batch.requests :] if batch else rest
        return running, len(rest)

    def _send(self, questions: Sequence[Question]) -> tuple[Batch | None, bool]:
        """Send the first of these questions, as many as a batch holds and a ceiling leaves room for.

        Returns:
            the batch, unless there is room for none; and whether there may be room for more.
        """
        section, account = self.client.section, self.ledger.account
        batch = Batch(
            uuid.uuid4().hex, account.dissection, account.server, account.model, questions[0].request.task,
            self.memory.response_format, 0, 0, now(),
        )  # fmt: skip
        with TemporaryFile(dir=self.store.path.parent) as file:  # it has no name, so that no kill can leave it there
            ends = write_lines(file, self._bodies(questions, batch.response_format))
            lines = [self._line(question) for question in questions[: len(ends)]]
            planned = self.kept.plan(batch, lines, ends, account, section.max_calls, section.max_cost_usd)
            if planned is None:
                return None, False
            file.truncate(planned.bytes)
            try:
                planned = self.kept.sent(
                    planned, file_id=self.server.upload(file, planned.filename, planned.bytes)
                )  # fmt: skip
                return self._made(planned), planned.requests == len(lines)
            except Failure as failure:
                if not failure.is_passing:  # if it is, the server may have made it: the next run looks
                    self._withdraw(planned)
                raise self.server.not_made(failure) from None
            except UserError:
                self._withdraw(planned)
                raise

    def _find_again(self, wanted: Mapping[str, Question]) -> None:
        """Batches that were planned and never seen again: nobody is sending them, since the lock is ours."""
        for batch in self.kept.unmade(self.client.server, self.client.model):
            if batch_id := self.server.created(batch.batch_key):
                self.kept.sent(batch, batch_id=batch_id)
                continue
            file_id = batch.file_id or self.server.uploaded(batch.filename, batch.bytes)
            batch = self.kept.sent(batch, file_id=file_id)
            if file_id is None or wanted.keys().isdisjoint(self.kept.open_lines(batch)):
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
        return self.kept.sent(batch, batch_id=self.server.create(batch.file_id, batch.batch_key, says))

    def _withdraw(self, batch: Batch) -> None:
        if batch.file_id:
            self.server.delete(batch.file_id)
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
