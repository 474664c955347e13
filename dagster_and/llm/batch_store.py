"""Batches under way, beside the answers: what was asked in which, kept before it is sent, until every line has ended.

An answer is under way in one batch at a time, whoever asks for it.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace

from filelock import FileLock

from dagster_and.llm.answers import Account, Answer, AnswerStore, EndedCall, enter_answer, enter_call, now, used_by

SCHEMA = """
create table if not exists batches (
    batch_key text primary key, dissection text not null, server text not null, model text not null,
    task text not null, response_format text not null, requests integer not null, bytes integer not null,
    created_at text not null, file_id text, batch_id text, mode text not null default 'batch', discount real
) without rowid;
create table if not exists batch_lines (
    batch_key text not null, answer_id text not null, call_id integer not null, temperature real not null,
    is_open integer not null, primary key (batch_key, answer_id)
) without rowid;
create unique index if not exists open_batch_lines on batch_lines (answer_id) where is_open = 1;
"""
LATER = {"mode": "text not null default 'batch'", "discount": "real"}
"""Columns that stores of earlier versions lack."""
LOCK = ".batches.lock"


@dataclass(frozen=True)
class Batch:
    """A batch as it is kept.

    ``file_id`` and ``batch_id`` are the server's, None as long as they aren't known; ``mode`` is that in which it was
    made, and ``discount`` what it costs less, None where that isn't known.
    """

    batch_key: str
    dissection: str
    server: str
    model: str
    task: str
    response_format: str
    requests: int
    bytes: int
    created_at: str
    file_id: str | None = None
    batch_id: str | None = None
    mode: str = "batch"
    discount: float | None = None

    @property
    def filename(self) -> str:
        """What its file is called at the server."""
        return f"dissect-{self.batch_key}.jsonl"


@dataclass(frozen=True)
class Line:
    """A question of a batch, before it is sent, and the most that it can cost."""

    answer_id: str
    request_id: str
    task: str
    temperature: float
    reserved_usd: float | None


@dataclass(frozen=True)
class Sent:
    """A question under way: its call in the ledger, and the temperature that it was asked at."""

    call_id: int
    temperature: float


COLUMNS = ", ".join(field.name for field in fields(Batch))
OPEN_LINES = "from batch_lines where is_open = 1 and answer_id in (select value from json_each(?))"  # by the index


class BatchStore:
    """The batches under way of a home, in the file of the answers."""

    def __init__(self, store: AnswerStore):
        self._store = store
        with store.writing() as connection:
            for statement in SCHEMA.strip().split(";\n"):
                connection.execute(statement)
            _add_later_columns(connection)

    def alone(self) -> FileLock:
        """For who sends, or sees to it that nobody does: one process of a home at a time."""
        return FileLock(self._store.path.with_name(LOCK))

    def plan(
        self,
        batch: Batch,
        lines: Sequence[Line],
        ends: Sequence[int],
        account: Account,
        max_calls: int | None,
        max_cost_usd: float | None,
    ) -> Batch | None:
        """Enter the first lines, as many as the ceilings leave room for, with their calls; None where not one fits.

        ``ends`` is the size of the file after each line.
        """
        with self._store.writing() as connection:
            calls, spent = used_by(connection, account)
            room = len(lines) if max_calls is None else min(len(lines), max(0, max_calls - calls))
            fits = 0
            for line in lines[:room]:
                spent += line.reserved_usd or 0
                if max_cost_usd is not None and spent > max_cost_usd:
                    break
                fits += 1
            if not fits:
                return None
            planned = replace(batch, requests=fits, bytes=ends[fits - 1])
            connection.execute(
                f"insert into batches ({COLUMNS}) values ({_marks(len(fields(Batch)))})", astuple(planned)
            )
            (first,) = connection.execute("select coalesce(max(call_id), 0) + 1 from calls").fetchone()
            numbered = list(enumerate(lines[:fits], start=first))
            began, whose = now(), (account.dissection, account.server, account.model)
            connection.executemany(
                "insert into calls (call_id, dissection, server, model, task, request_id, started_at, cost_usd) "
                f"values ({_marks(8)})",
                [(n, *whose, line.task, line.request_id, began, line.reserved_usd) for n, line in numbered],
            )
            connection.executemany(
                f"insert into batch_lines values ({_marks(5)})",
                [(batch.batch_key, line.answer_id, n, line.temperature, 1) for n, line in numbered],
            )
        return planned

    def sent(self, batch: Batch, *, file_id: str | None = None, batch_id: str | None = None) -> Batch:
        """Keep what the server calls the batch's file, or the batch."""
        known = replace(batch, file_id=file_id or batch.file_id, batch_id=batch_id or batch.batch_id)
        with self._store.writing() as connection:
            query = "update batches set file_id = ?, batch_id = ? where batch_key = ?"
            connection.execute(query, (known.file_id, known.batch_id, known.batch_key))
        return known

    def withdraw(self, batch: Batch) -> None:
        """Forget a batch that was never made, and its calls."""
        with self._store.writing() as connection:
            of_it = (batch.batch_key,)
            calls = "select call_id from batch_lines where batch_key = ?"
            connection.execute(f"delete from calls where call_id in ({calls})", of_it)
            connection.execute("delete from batch_lines where batch_key = ?", of_it)
            connection.execute("delete from batches where batch_key = ?", of_it)

    def unmade(self, server: str, model: str) -> list[Batch]:
        """Batches of which it isn't known whether the server has made them."""
        return self._batches("server = ? and model = ? and batch_id is null", (server, model))

    def holding(self, answer_ids: Sequence[str]) -> tuple[list[Batch], set[str]]:
        """The batches in which any of these answers are under way, the oldest first, and those answers."""
        wanted = (json.dumps(list(answer_ids)),)
        return self._batches(f"batch_key in (select batch_key {OPEN_LINES})", wanted), self.under_way(answer_ids)

    def under_way(self, answer_ids: Sequence[str]) -> set[str]:
        """Those of these answers that are under way in some batch."""
        rows = self._store.rows(f"select answer_id {OPEN_LINES}", (json.dumps(list(answer_ids)),))
        return {row[0] for row in rows}

    def open_lines(self, batch: Batch) -> dict[str, Sent]:
        """The questions of a batch that have not ended yet, by the id of their answer."""
        query = "select answer_id, call_id, temperature from batch_lines where batch_key = ? and is_open = 1"
        return {row[0]: Sent(*row[1:]) for row in self._store.rows(query, (batch.batch_key,))}

    def end(self, batch: Batch, ended: Sequence[tuple[str, EndedCall, Answer | None]]) -> None:
        """End lines, by the id of their answer, each with its call and the answer that is to be kept, if any."""
        with self._store.writing() as connection:
            for answer_id, call, answer in ended:
                if self._close(connection, batch, answer_id):  # or another process has, with its call
                    enter_call(connection, call)
                if answer:
                    enter_answer(connection, answer)

    def _close(self, connection: sqlite3.Connection, batch: Batch, answer_id: str) -> bool:
        query = "update batch_lines set is_open = 0 where batch_key = ? and answer_id = ? and is_open = 1"
        return connection.execute(query, (batch.batch_key, answer_id)).rowcount > 0

    def _batches(self, condition: str, parameters: tuple) -> list[Batch]:
        query = f"select {COLUMNS} from batches where {condition} order by created_at, batch_key"
        return [Batch(*row) for row in self._store.rows(query, parameters)]


def _add_later_columns(connection: sqlite3.Connection) -> None:
    held = {row[1] for row in connection.execute("pragma table_info(batches)")}
    for name in LATER.keys() - held:
        connection.execute(f"alter table batches add column {name} {LATER[name]}")
    if "mode" not in held:
        connection.execute("update batches set mode = 'file' where batch_id = 'dissect-' || batch_key || '.jsonl'")


def _marks(count: int) -> str:
    return ", ".join("?" * count)
