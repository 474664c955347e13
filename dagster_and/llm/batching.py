"""Ask in batches: all that is open in as few as can be, round after round until every request has its answer.

Whatever is under way is kept before it is sent. So a run that is stopped or killed goes on with the batches that there
are, and a question that somebody else has under way is waited for, not asked again.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

from dagster_and.foundation.progress import progress
from dagster_and.llm.answers import Answer, AnswerStore
from dagster_and.llm.attempts import Attempts
from dagster_and.llm.batch_client import BatchClient, Look
from dagster_and.llm.batch_fetching import FULL, BatchFetcher, Fetched
from dagster_and.llm.batch_folder import FOLDER, BatchFolder
from dagster_and.llm.batch_lines import MOST_REQUESTS
from dagster_and.llm.batch_sending import BatchSender, Question
from dagster_and.llm.batch_store import Batch, BatchStore
from dagster_and.llm.client import ChatClient
from dagster_and.llm.connection import Failure
from dagster_and.llm.ledger import Ledger
from dagster_and.llm.patience import OUTAGE, Patience
from dagster_and.llm.prompts import Request
from dagster_and.llm.server_memory import ServerMemory

AGAIN = 2
"""Further batches that a line goes into after one in which it failed: each may take a day."""
WAYS = 6
"""Further batches in another form, or without a parameter that the server refuses: there are no more ways than that."""
MISSED = 3
"""Looks in a row that find no batch until it counts as gone: one that was just made may not be seen everywhere yet."""
LONGEST = timedelta(days=7)
"""A batch that a server is not through with by then never will be over."""
SHOWN = 3
ALL = 10**9


class Batching:
    """Asks one model of one server for one dissection in batches. Threads may share it."""

    def __init__(
        self, client: ChatClient, store: AnswerStore, ledger: Ledger, attempts: Attempts, memory: ServerMemory,
        patience: Patience,
    ):  # fmt: skip
        self.client = client
        self.ledger = ledger
        self.attempts = attempts
        self.memory = memory
        self.patience = patience
        self.server: BatchClient | BatchFolder = BatchClient(client, patience)
        if client.section.mode == "file":
            self.server = BatchFolder(store.path.with_name(FOLDER), client.model)
        self.has_worked = False
        self._store = store

    def ask(self, requests: Mapping[str, Request], label: str) -> dict[str, Answer]:
        """The answer that stands for each of these requests, by its key.

        Raises:
            UserError: the server can't be asked, or a ceiling is reached; what was answered is kept, and batches that
                were made go on.
        """
        rounds = Rounds(self, requests, label)
        try:
            for _ in progress(rounds.ticks(), label, "answers", len(requests)):
                pass
        except Failure as failure:
            raise self.client.cannot_be_asked(failure) from None
        except BaseException as stop:
            if not isinstance(stop, Exception):  # Ctrl-C
                rounds.say_what_goes_on()
            raise
        return rounds.answers

    @cached_property
    def kept(self) -> BatchStore:
        """What is under way."""
        return BatchStore(self._store)

    @cached_property
    def sender(self) -> BatchSender:
        """Sends."""
        return BatchSender(self.client, self.server, self.kept, self._store, self.ledger, self.attempts, self.memory)

    @cached_property
    def fetcher(self) -> BatchFetcher:
        """Fetches."""
        return BatchFetcher(self.client, self.server, self.kept, self.ledger, self.attempts, self.patience)


class Rounds:
    """The batches that one set of requests takes. ``answers`` are those that stand, by request."""

    def __init__(self, house: Batching, requests: Mapping[str, Request], label: str):
        self.answers: dict[str, Answer] = {}
        self._house = house
        self._requests = requests
        self._label = label
        self._running: list[Batch] = []
        self._told: set[str] = set()
        self._fetched = 0
        self._again: Counter[str] = Counter()
        self._ways: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()
        self._own_fault: set[str] = set()
        self._most = MOST_REQUESTS
        self._is_full = False

    def ticks(self) -> Iterator[None]:
        """Go through all rounds: one item for each request that is answered, here or at the server."""
        shown, total = 0, len(self._requests)
        while wanted := self._wanted():
            most = 0 if self._is_full else self._most
            at_once = ALL if self._most == MOST_REQUESTS else 1
            self._running, stayed = self._house.sender.under_way(wanted, most, at_once)
            if not self._running:
                if not self._is_full:
                    raise self._house.ledger.ceiling()
                self._is_full = False
                continue
            self._tell()
            for done in self._until_over(wanted, at_first=stayed > 0):
                yield from (None for _ in range(shown, min(done, total)))
                shown = max(shown, min(done, total))
        yield from (None for _ in range(shown, total))

    def say_what_goes_on(self) -> None:
        """What happens to the batches under way when one stops here."""
        if self._running and isinstance(self._house.server, BatchClient):
            name = self._house.ledger.account.dissection
            where = f"{_these(self._running)} at {self._house.client.server}"
            _say(f"What is asked goes on in {where}; `dissect run {name}` fetches the answers.")

    def _wanted(self) -> dict[str, Question]:
        """The next attempt at every request that has no answer that stands, by the id of its answer."""
        open_keys = [key for key in self._requests if key not in self.answers]
        so_far = self._house.attempts.so_far(open_keys)
        self.answers |= {key: standing for key, (standing, _) in so_far.items() if standing}
        questions = [
            Question(key, self._requests[key], so_far[key][1] if key in so_far else 0)
            for key in open_keys
            if key not in self.answers
        ]
        return {question.answer_id: question for question in questions}

    def _until_over(self, wanted: Mapping[str, Question], *, at_first: bool) -> Iterator[int]:
        """Look until all batches are over, or ``at_first`` one; how many requests are answered, as far as one knows."""
        looks = 0
        before = len(self.answers) - self._fetched
        while self._running:
            seen = [(batch, *self._look(batch)) for batch in self._running]
            over = [(batch, None if gone else look) for batch, look, gone in seen if gone or (look and look.is_over)]
            ended = {batch.batch_key for batch, _ in over}
            self._running = [batch for batch in self._running if batch.batch_key not in ended]
            for batch, look in over:
                self._settle(batch, look, wanted)
            under_way = sum(look.done for batch, look, _ in seen if look and batch.batch_key not in ended)
            yield before + self._fetched + under_way
            if over and at_first:
                return
            server = self._house.server
            if self._running and isinstance(server, BatchFolder):
                names = [batch.batch_id or "" for batch in self._running]
                raise server.come_back(names, sum(batch.requests for batch in self._running))
            if self._running:
                self._house.patience.look_again(looks)
                looks += 1

    def _look(self, batch: Batch) -> tuple[Look | None, bool]:
        """The batch as it is now, and whether it is gone."""
        assert batch.batch_id is not None  # it is under way
        look = self._house.server.look(batch.batch_id)
        self._missed[batch.batch_key] = 0 if look else self._missed[batch.batch_key] + 1
        age = datetime.now(UTC) - datetime.fromisoformat(batch.created_at)
        is_late = age > LONGEST and isinstance(self._house.server, BatchClient) and not (look and look.is_over)
        return look, is_late or self._missed[batch.batch_key] >= MISSED

    def _settle(self, batch: Batch, look: Look | None, wanted: Mapping[str, Question]) -> None:
        """Keep what a batch has brought, and see which of its lines are asked again.

        Raises:
            Failure: its files can't be had now.
            UserError: it is the server's fault: everything fails.
        """
        house = self._house
        fetched = house.fetcher.fetch(batch, look, wanted)
        self._fetched += fetched.answered
        if look and look.status == "failed" and look.code == FULL:
            self._wait_or_halve(batch, fetched)
            return
        self._is_full = False
        if fetched.answered:
            house.memory.took(batch.response_format)
            house.has_worked = True
            self._own_fault |= fetched.failures.keys()  # beside them others were answered
        given_up = self._given_up(batch, fetched, wanted)
        house.fetcher.fail(batch, fetched.failures, given_up)
        if fetched.fault:
            raise fetched.fault
        failures = [fetched.failures[name] for name in given_up if name not in self._own_fault]
        failures = [failure for failure in failures if not failure.is_about_size]
        if failures and (len(failures) >= OUTAGE or not house.has_worked):
            raise failures[0]

    def _given_up(self, batch: Batch, fetched: Fetched, wanted: Mapping[str, Question]) -> dict[str, Answer]:
        """Of the lines that failed those that are not asked again, as answers that say why; the others are counted."""
        house, given_up = self._house, {}
        first = next(iter(fetched.failures.values()), None)
        anew = first and not fetched.answered and house.memory.try_another_way(first, batch.response_format)
        for name, failure in fetched.failures.items():
            if anew and self._ways[name] < WAYS:
                self._ways[name] += 1
            elif failure.is_passing and self._again[name] < AGAIN:
                self._again[name] += 1
            else:
                one = wanted[name]
                attempt = house.attempts.next(one.key, one.request, one.made, batch.response_format)
                given_up[name] = self.answers[one.key] = attempt.failed(failure.sentence)
        return given_up

    def _wait_or_halve(self, batch: Batch, fetched: Fetched) -> None:
        """The server has no room for the batch: wait until another is over, or ask for less, one batch at a time.

        Raises:
            Failure: it has no room for a single question.
        """
        self._house.fetcher.fail(batch, fetched.failures, {})
        if self._running:
            self._is_full = True
        elif batch.requests > 1:
            self._most = min(self._most, batch.requests // 2)
        elif fetched.failures:
            raise next(iter(fetched.failures.values()))

    def _tell(self) -> None:
        """Say once of every batch what is under way."""
        new = [batch for batch in self._running if batch.batch_key not in self._told]
        self._told |= {batch.batch_key for batch in new}
        if new and isinstance(self._house.server, BatchClient):
            requests = sum(batch.requests for batch in new)
            what = f"{requests:,} {'request' if requests == 1 else 'requests'} in {_these(new)}"
            _say(
                f"{self._label}: {what} at {self._house.client.server}, to be answered within a day, whether this goes "
                "on or not; the same command fetches the answers."
            )


def _these(batches: list[Batch]) -> str:
    names = [batch.batch_id or "" for batch in batches[:SHOWN]] + ["..."] * (len(batches) > SHOWN)
    return f"{len(batches)} {'batch' if len(batches) == 1 else 'batches'} ({', '.join(names)})"


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
