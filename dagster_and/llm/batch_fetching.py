"""Batches fetched: what came back, line by line, into answers; each kept with the end of its call, or not at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from dagster_and.foundation.errors import UserError
from dagster_and.llm.answers import Answer, EndedCall
from dagster_and.llm.attempts import Attempts
from dagster_and.llm.batch_client import Look
from dagster_and.llm.batch_lines import read_lines, said_in
from dagster_and.llm.batch_places import Place
from dagster_and.llm.batch_sending import Question
from dagster_and.llm.batch_store import Batch, BatchStore, Sent
from dagster_and.llm.client import ChatClient
from dagster_and.llm.connection import BROKE, Failure
from dagster_and.llm.ledger import Ledger
from dagster_and.llm.parsing import Raw
from dagster_and.llm.patience import Patience

CHUNK = 500
"""Answers that are kept in one transaction: a kill repeats the reading of so many, not the asking."""
FULL = "token_limit_exceeded"
"""Code of a batch that had no room beside those that are under way already."""


@dataclass
class Fetched:
    """What a batch brought: the number of its answers, which are kept; and of other lines, by answer, why not."""

    answered: int = 0
    failures: dict[str, Failure] = field(default_factory=dict)
    fault: UserError | None = None
    """What is wrong with the key, the model or the account, so that no line can do better."""


@dataclass(frozen=True)
class BatchFetcher:
    """Fetches the answers of batches that are over. Done twice, or by two processes, it comes to the same."""

    client: ChatClient
    places: Mapping[str, Place]
    kept: BatchStore
    ledger: Ledger
    attempts: Attempts
    patience: Patience

    def fetch(self, batch: Batch, look: Look | None, wanted: Mapping[str, Question]) -> Fetched:
        """Keep the answers of the questions that are wanted here, by the id of their answer.

        Lines that nobody here has asked for stay open: whoever asks for them comes for them. ``look`` is None where the
        batch is gone.

        Raises:
            Failure: its files can't be had now.
        """
        sent = self.kept.open_lines(batch)
        fetched, seen = Fetched(), set[str]()
        ready: list[tuple[str, EndedCall, Answer | None]] = []
        for content in self._contents(batch, look) if look else ():
            for line in read_lines(content):
                name = line["custom_id"] if line else None
                if line is None or name not in sent or name in seen:  # broken, of nobody, or an answer twice
                    continue
                seen.add(name)
                if name not in wanted:
                    continue
                try:
                    raw = said_in(line, self.client)
                except Failure as failure:
                    fetched.failures[name] = failure
                except UserError as fault:
                    fetched.fault = fetched.fault or fault
                    ready.append((name, self.ledger.failed(sent[name].call_id, "refused"), None))
                else:
                    fetched.answered += 1
                    ready.append((name, *self._answer(batch, sent[name], wanted[name], raw)))
                if len(ready) >= CHUNK:
                    self.kept.end(batch, ready)
                    ready = []
        missing = _missing(look)
        for name in sent.keys() - seen:
            if name in wanted:
                fetched.failures[name] = missing
            else:
                ready.append((name, self.ledger.failed(sent[name].call_id, missing.kind), None))
        self.kept.end(batch, ready)
        if look and not set(BROKE).isdisjoint(look.codes):
            fetched.fault = fetched.fault or self.client.no_money(f"the batch has failed: {look.reason}")
        return fetched

    def fail(self, batch: Batch, failures: Mapping[str, Failure], given_up: Mapping[str, Answer]) -> None:
        """End the lines that have failed; those that are given up with the answer that says so."""
        sent = self.kept.open_lines(batch)
        self.kept.end(
            batch,
            [
                (name, self.ledger.failed(sent[name].call_id, failure.kind), given_up.get(name))
                for name, failure in failures.items()
                if name in sent
            ],
        )

    def _answer(self, batch: Batch, sent: Sent, question: Question, raw: Raw) -> tuple[EndedCall, Answer]:
        attempt = self.attempts.next(question.key, question.request, question.made, batch.response_format)
        ended = self.ledger.answered(sent.call_id, raw, batch.discount)
        return ended, replace(attempt.answered(raw, batch.response_format, ended), temperature=sent.temperature)

    def _contents(self, batch: Batch, look: Look) -> list[bytes]:
        """The files of a batch, the answers first; asked for again where they hold less than the batch says."""
        names = [name for name in (look.output_file_id, look.error_file_id) if name]
        tries = 0
        while True:
            contents = [content for name in names if (content := self.places[batch.mode].content(name))]
            if _lines(contents) >= look.done or not names or tries >= self.client.section.max_retries:
                return contents
            self.patience.pause(Failure("lost", "a file of the batch is cut short"), tries)
            tries += 1


def _lines(contents: Iterable[bytes]) -> int:
    return sum(line is not None for content in contents for line in read_lines(content))


def _missing(look: Look | None) -> Failure:
    """Why a line of a batch that is over has neither answer nor error."""
    if look is None:
        return Failure("lost", "the batch is gone at the server")
    if look.status == "completed":
        return Failure("lost", "the files of the batch do not hold it")
    said = f": {look.reason}" if look.reason else ""
    return Failure("unasked", f"the batch {'was' if look.status.startswith('cancel') else 'has'} {look.status}{said}")
