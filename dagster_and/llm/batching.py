"""Ask in batches: all that is open in as few as can be, round after round until every request has its answer.

Whatever is under way is kept before it is sent. So a run that is stopped or killed goes on with the batches that there
are, and a question that somebody else has under way is waited for, not asked again. In another mode than theirs batches
are waited for as well, and none is made.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

from dagster_and.foundation.progress import progress
from dagster_and.llm.answers import Answer, AnswerStore
from dagster_and.llm.attempts import Attempts
from dagster_and.llm.batch_client import Look
from dagster_and.llm.batch_fetching import FULL, BatchFetcher, Fetched
from dagster_and.llm.batch_folder import BatchFolder
from dagster_and.llm.batch_lines import MOST_REQUESTS
from dagster_and.llm.batch_places import places
from dagster_and.llm.batch_sending import BatchSender, Question, UnderWay
from dagster_and.llm.batch_store import Batch, BatchStore
from dagster_and.llm.batch_telling import tell_asked_live, tell_going_on, tell_under_way
from dagster_and.llm.claims import Claims
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
"""Looks in a row that find no batch, or none of its files, until they count as gone: they may not be seen at once."""
LONGEST = timedelta(days=7)
"""A batch that a server is not through with by then never will be over."""
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
        self.mode = client.section.mode
        self.places = places(client, store, patience)
        self.has_worked = False
        self._store = store

    def ask(self, requests: Mapping[str, Request], label: str) -> dict[str, Answer]:
        """The answer that stands for each of these requests, by its key.

        In mode: live, where none is sent, only of those that batches have brought or given up.

        Raises:
            UserError: the server can't be asked, or a ceiling is reached; what was answered is kept, and batches that
                were made go on.
        """
        if not requests:
            return {}
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
    def claims(self) -> Claims:
        """What is asked live."""
        return Claims(self._store, self.kept, self.attempts)

    @cached_property
    def sender(self) -> BatchSender:
        """Sends."""
        return BatchSender(
            self.client, self.places, self.kept, self.claims, self._store, self.ledger, self.attempts, self.memory
        )  # fmt: skip

    @cached_property
    def fetcher(self) -> BatchFetcher:
        """Fetches."""
        return BatchFetcher(self.client, self.places, self.kept, self.ledger, self.attempts, self.patience)


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
        self._sends = house.mode in house.places

    def ticks(self) -> Iterator[None]:
        """Go through all rounds: one item for each request that is answered, here or at the server."""
        shown, total, waits = 0, len(self._requests), 0
        while wanted := self._wanted():
            most = 0 if self._is_full else self._most
            at_once = ALL if self._most == MOST_REQUESTS else 1
            found = self._house.sender.under_way(wanted, most, at_once)
            self._running = found.batches
            if not self._running:
                if not self._sends:
                    return
                self._wait(found, waits)
                waits += 1
                continue
            self._tell()
            for done in self._until_over(wanted, at_first=self._sends and found.stay + found.asked_live > 0):
                yield from (None for _ in range(shown, min(done, total)))
                shown = max(shown, min(done, total))
            if not self._sends:  # what they have not brought is asked live
                return
        yield from (None for _ in range(shown, total))

    def _wait(self, found: UnderWay, waits: int) -> None:
        """For who asks the rest live, or has just answered it.

        Raises:
            UserError: there is nobody to wait for: a ceiling is reached.
        """
        if found.stay and not self._is_full:
            raise self._house.ledger.ceiling()
        self._is_full = False
        if found.asked_live:
            if not waits:
                tell_asked_live(self._label, found.asked_live)
            self._house.patience.look_again(waits)

    def say_what_goes_on(self) -> None:
        """What happens to the batches under way when one stops here."""
        running = [batch for batch in self._running if batch.mode == "batch"]
        if running:
            tell_going_on(running, self._house.client, self._house.ledger.account.dissection)

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
            over = [(batch, look) for batch, look, is_over in seen if is_over]
            ended = {batch.batch_key for batch, _ in over}
            self._running = [batch for batch in self._running if batch.batch_key not in ended]
            for batch, look in over:
                self._settle(batch, look, wanted)
            under_way = sum(look.done for batch, look, _ in seen if look and batch.batch_key not in ended)
            yield before + self._fetched + under_way
            if over and at_first:
                return
            self._come_back()
            if self._running:
                self._house.patience.look_again(looks)
                looks += 1

    def _come_back(self) -> None:
        """Nobody waits for files that a person has to have answered.

        Raises:
            UserError: what to do about them.
        """
        names = [batch.batch_id or "" for batch in self._running if batch.mode == "file"]
        folder = self._house.places["file"]
        if names and len(names) == len(self._running) and isinstance(folder, BatchFolder):
            raise folder.come_back(names, sum(batch.requests for batch in self._running))

    def _look(self, batch: Batch) -> tuple[Look | None, bool]:
        """The batch as it is now, None where it is gone, and whether it is over."""
        assert batch.batch_id is not None  # it is under way
        look = self._house.places[batch.mode].look(batch.batch_id)
        is_whole = look is not None and not look.lacks_its_files
        self._missed[batch.batch_key] = 0 if is_whole else self._missed[batch.batch_key] + 1
        is_missed = self._missed[batch.batch_key] >= MISSED
        age = datetime.now(UTC) - datetime.fromisoformat(batch.created_at)
        is_late = age > LONGEST and batch.mode == "batch" and not (look and look.is_over)
        if is_late or (look is None and is_missed):
            return None, True
        return look, look is not None and look.is_over and (is_whole or is_missed)

    def _settle(self, batch: Batch, look: Look | None, wanted: Mapping[str, Question]) -> None:
        """Keep what a batch has brought, and see which of its lines are asked again.

        Raises:
            Failure: its files can't be had now.
            UserError: it is the server's fault: everything fails.
        """
        house = self._house
        fetched = house.fetcher.fetch(batch, look, wanted)
        self._fetched += fetched.answered
        if look and look.status == "failed" and FULL in look.codes:
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
        if not self._sends:
            return
        if self._running:
            self._is_full = True
        elif batch.requests > 1:
            self._most = min(self._most, batch.requests // 2)
        elif fetched.failures:
            raise next(iter(fetched.failures.values()))

    def _tell(self) -> None:
        """Say once of every batch what is under way."""
        new = [b for b in self._running if b.batch_key not in self._told and b.mode == "batch"]
        self._told |= {batch.batch_key for batch in new}
        if new:
            tell_under_way(self._label, new, self._house.client)
