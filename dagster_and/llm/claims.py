"""What is asked live is claimed as long: nobody else of the home asks the same meanwhile, neither live nor in a batch.

Who asks holds a file locked while its process lives; claims without one are what a killed process has left.
"""

import json
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.attempts import Attempts
from dagster_and.llm.batch_store import BatchStore

FOLDER = ".asking"
SCHEMA = "create table if not exists claims (request_id text primary key, owner text not null) without rowid"


class Claims:
    """The requests that runs of a home are asking live, in the file of the answers."""

    def __init__(self, store: AnswerStore, kept: BatchStore, attempts: Attempts):
        self._store = store
        self._kept = kept
        self._attempts = attempts
        self._folder = store.path.with_name(FOLDER)
        with store.writing() as connection:
            connection.execute(SCHEMA)

    @contextmanager
    def taken(self, keys: Collection[str]) -> Iterator[set[str]]:
        """Those of these requests that nobody else asks, live or in a batch; claimed for the length of the block."""
        owner = uuid.uuid4().hex
        place = self._folder / owner
        place.parent.mkdir(exist_ok=True)
        with FileLock(place):
            try:
                yield self._take(owner, keys)
            finally:
                with self._store.writing() as connection:
                    connection.execute("delete from claims where owner = ?", (owner,))
                place.unlink(missing_ok=True)

    def held(self, keys: Collection[str]) -> set[str]:
        """Those of these requests that somebody is asking live now."""
        query = "select request_id, owner from claims where request_id in (select value from json_each(?))"
        claims = self._store.rows(query, (json.dumps(list(keys)),))
        gone = {owner for owner in {owner for _, owner in claims} if self._is_gone(owner)}
        if gone:
            with self._store.writing() as connection:
                connection.executemany("delete from claims where owner = ?", [(owner,) for owner in gone])
        return {request_id for request_id, owner in claims if owner not in gone}

    def in_batches(self, keys: Collection[str]) -> set[str]:
        """Those of these requests of which the next attempt is under way in a batch."""
        names = self._attempts.next_ids(list(keys))
        return {names[name] for name in self._kept.under_way(list(names))}

    def _take(self, owner: str, keys: Collection[str]) -> set[str]:
        with self._kept.alone():  # nobody makes a batch of them meanwhile
            free = set(keys) - self.in_batches(keys) - self.held(keys)
            with self._store.writing() as connection:
                connection.executemany("insert into claims values (?, ?)", [(key, owner) for key in free])
        return free

    def _is_gone(self, owner: str) -> bool:
        place = self._folder / owner
        place.parent.mkdir(exist_ok=True)
        try:
            with FileLock(place, timeout=0):
                place.unlink(missing_ok=True)
        except Timeout:
            return False
        return True
