"""The answer store: every answer of an LLM, durable the moment it arrives, under the key of what was asked.

One SQLite file under ``AND_HOME`` for all dissections; threads and processes share it. Three tables: ``answers`` (one
row per attempt), ``calls`` (one row per HTTP call, written before it is sent: the ledger) and ``facts`` (what was found
out about a server and model).
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from filelock import FileLock

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

STATUSES = ("usable", "refused", "empty", "cut_off", "unparsable", "error")
FILE = "answers.sqlite"
SCHEMA_VERSION = 1
SCHEMA = """
create table if not exists answers (
    answer_id text primary key, request_id text not null, task text not null, attempt integer not null,
    status text not null, reason text, server text not null, model text not null, source text not null,
    prompt text not null, prompt_sha256 text not null, audio_sha256 text, answer text, finish_reason text,
    response_format text not null, temperature real not null, seed integer not null, max_tokens integer not null,
    prompt_tokens integer, completion_tokens integer, cost_usd real, created_at text not null
) without rowid;
create index if not exists answers_by_request on answers (request_id);
create table if not exists calls (
    call_id integer primary key, dissection text not null, server text not null, model text not null,
    task text not null, request_id text not null, started_at text not null, outcome text,
    prompt_tokens integer, completion_tokens integer, cost_usd real
);
create index if not exists calls_by_ledger on calls (dissection, server, model, cost_usd);
create table if not exists facts (
    server text not null, model text not null, fact text not null, value text not null, found_at text not null,
    primary key (server, model, fact)
) without rowid;
"""


@dataclass(frozen=True)
class Answer:
    """One attempt at a request, as it came back. ``prompt`` is the JSON of the messages; a clip is its hash there."""

    answer_id: str
    request_id: str
    task: str
    attempt: int
    status: str
    reason: str | None
    server: str
    model: str
    source: str
    prompt: str
    prompt_sha256: str
    audio_sha256: str | None
    answer: str | None
    finish_reason: str | None
    response_format: str
    temperature: float
    seed: int
    max_tokens: int
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    created_at: str

    @property
    def is_usable(self) -> bool:
        """Whether it may count as a description."""
        return self.status == "usable"


@dataclass(frozen=True)
class EndedCall:
    """What became of a call. Without a cost its reservation stands: nobody knows what the server has charged."""

    call_id: int
    outcome: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True)
class Account:
    """Whose calls are counted together against a ceiling."""

    dissection: str
    server: str
    model: str


COLUMNS = tuple(field.name for field in fields(Answer))


def now() -> str:
    """The time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class AnswerStore:
    """The file ``answers.sqlite`` of a home.

    Raises:
        UserError: the file is there but can't be used.
    """

    def __init__(self, home: Home):
        self.path = home.root / FILE
        self._lock = threading.Lock()
        home.root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(home.root / f".{FILE}.lock"):  # two processes can't turn on WAL at once
                self._connection = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
                weakref.finalize(self, self._connection.close)
                self._prepare()
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"The answer store {self.path} can't be used ({error}): move it away, or free disk space."
            ) from None

    def answers_to(self, request_id: str) -> list[Answer]:
        """All attempts at a request, in order."""
        return self._answers("request_id = ?", (request_id,))

    def answered(self, request_ids: Sequence[str]) -> dict[str, list[Answer]]:
        """The attempts at each request that has any."""
        found: dict[str, list[Answer]] = {}
        for answer in self._answers("request_id in (select value from json_each(?))", (json.dumps(list(request_ids)),)):
            found.setdefault(answer.request_id, []).append(answer)
        return found

    def with_attempts(self, answer_ids: Sequence[str]) -> list[Answer]:
        """The answers of these ids, and every other attempt at the same requests, by request and attempt."""
        same = "select request_id from answers where answer_id in (select value from json_each(?))"
        return self._answers(f"request_id in ({same})", (json.dumps(list(answer_ids)),))

    def keep(self, answer: Answer, ended: EndedCall | None = None) -> Answer:
        """Store an answer, durably; returns the one that stands. An answer is never overwritten, an error is.

        ``ended`` is the call that brought it. One transaction: whenever the process is killed, the ledger says that a
        call was answered exactly where its answer is kept.
        """
        with self.writing() as connection:
            enter_answer(connection, answer)
            if ended:
                enter_call(connection, ended)
        return self._answers("answer_id = ?", (answer.answer_id,))[0]

    def fact(self, server: str, model: str, fact: str) -> Any:
        """What was found out earlier, or None."""
        with self._lock:
            query = "select value from facts where server = ? and model = ? and fact = ?"
            row = self._connection.execute(query, (server, model, fact)).fetchone()
        return json.loads(row[0]) if row else None

    def remember(self, server: str, model: str, fact: str, value: Any) -> None:
        """Keep what was found out about a server and model."""
        row = (server, model, fact, json.dumps(value), now())
        with self.writing() as connection:
            connection.execute("insert or replace into facts values (?, ?, ?, ?, ?)", row)

    def begin_call(
        self,
        account: Account,
        task: str,
        request_id: str,
        reserved_usd: float | None,
        max_calls: int | None,
        max_cost_usd: float | None,
    ) -> int | None:
        """Enter a call into the ledger before it is sent, at the most it can cost; None where a ceiling is reached.

        Exact over threads and processes: looking and entering are one transaction.
        """
        whose = (account.dissection, account.server, account.model)
        with self.writing() as connection:
            calls, spent = used_by(connection, account)
            if max_calls is not None and calls >= max_calls:
                return None
            if max_cost_usd is not None and spent + (reserved_usd or 0) > max_cost_usd:
                return None
            cursor = connection.execute(
                "insert into calls (dissection, server, model, task, request_id, started_at, cost_usd) "
                "values (?, ?, ?, ?, ?, ?, ?)",
                (*whose, task, request_id, now(), reserved_usd),
            )
            return cursor.lastrowid

    def end_call(self, ended: EndedCall) -> None:
        """Enter what became of a call that brought no answer."""
        with self.writing() as connection:
            enter_call(connection, ended)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple]:
        """Rows of a query over the three tables, for the ledger and the estimate."""
        with self._lock:
            return self._connection.execute(query, tuple(parameters)).fetchall()

    def _answers(self, condition: str, parameters: tuple) -> list[Answer]:
        query = f"select {', '.join(COLUMNS)} from answers where {condition} order by request_id, attempt"
        return [Answer(*row) for row in self.rows(query, parameters)]

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block is kept, or nothing."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def _prepare(self) -> None:
        (version,) = self._connection.execute("pragma user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise UserError(
                f"The answer store {self.path} was written by a newer version of this program: update the program."
            )
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.executescript(SCHEMA)
        self._connection.execute(f"pragma user_version = {SCHEMA_VERSION}")


def used_by(connection: sqlite3.Connection, account: Account) -> tuple[int, float]:
    """Calls of an account and what they cost, those under way at the most that they can."""
    return connection.execute(
        "select count(*), coalesce(sum(cost_usd), 0) from calls where dissection = ? and server = ? and model = ?",
        (account.dissection, account.server, account.model),
    ).fetchone()


def enter_answer(connection: sqlite3.Connection, answer: Answer) -> None:
    """Keep an answer, unless one stands there that is no error."""
    names, marks = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))
    changed = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    connection.execute(
        f"insert into answers ({names}) values ({marks}) "
        f"on conflict (answer_id) do update set {changed} where answers.status = 'error'",
        tuple(asdict(answer).values()),
    )


def enter_call(connection: sqlite3.Connection, ended: EndedCall) -> None:
    """Enter what became of a call."""
    connection.execute(
        "update calls set outcome = ?, prompt_tokens = ?, completion_tokens = ?, "
        "cost_usd = coalesce(?, cost_usd) where call_id = ?",
        (ended.outcome, ended.prompt_tokens, ended.completion_tokens, ended.cost_usd, ended.call_id),
    )
