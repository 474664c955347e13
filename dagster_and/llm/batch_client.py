"""The files and batches of a server: each asked for with patience, none made twice."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Literal, TypeVar

from dagster_and.foundation.errors import UserError
from dagster_and.llm.batch_lines import ENDPOINT
from dagster_and.llm.connection import Connection, Failure
from dagster_and.llm.patience import Patience

T = TypeVar("T")
WINDOW: Literal["24h"] = "24h"
"""The one completion window that OpenAI knows."""
KEY = "batch"
"""The entry of a batch's metadata by which it is found again."""
LISTED = 100
MOST_LISTED = 10_000
"""How many files or batches are looked through for one of ours."""
MISSING = (404, 405, 410, 501)
OVER = ("completed", "failed", "expired", "cancelled", "canceled")
NO_ID = "what came back has no id"
"""Some servers answer so, with 200, at addresses that they do not know."""


@dataclass(frozen=True)
class Look:
    """A batch as the server sees it; ``done``: lines that are answered or have failed."""

    status: str
    done: int
    output_file_id: str | None
    error_file_id: str | None
    codes: tuple[str, ...]
    reason: str
    """Why a batch has failed as a whole; empty where it has not."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in OVER

    @property
    def lacks_its_files(self) -> bool:
        """Whether lines are done of which no file says anything: it may come later than the status."""
        return self.is_over and self.done > 0 and not (self.output_file_id or self.error_file_id)


class BatchClient:
    """Files and batches at a server."""

    def __init__(self, connection: Connection, patience: Patience):
        self._connection = connection
        self._patience = patience

    def upload(self, file: BinaryIO, name: str, size: int) -> str:
        """Send a file of questions; its id.

        Raises:
            Failure: it can't be sent.
        """

        def send() -> str:
            file.seek(0)
            return self._id(self._connection.client.files.create(file=(name, file), purpose="batch"))

        return self._patiently(send, lambda: self.uploaded(name, size))

    def uploaded(self, name: str, size: int) -> str | None:
        """The id of a file of that name, if it has arrived whole; one that has not is deleted."""

        def look() -> list[Any]:
            listed = self._connection.client.files.list(purpose="batch", limit=LISTED)
            return [one for one in islice(listed, MOST_LISTED) if getattr(one, "filename", None) == name]

        found = self._if_there(look) or []
        whole = [self._id(one) for one in found if getattr(one, "bytes", None) == size]
        for one in found:
            if self._id(one) not in whole[:1]:
                self.delete(self._id(one))
        return whole[0] if whole else None

    def delete(self, file_id: str) -> None:
        """Delete a file; that it is gone, or can't be deleted, is no fault: the server lets it expire."""
        try:
            self._patiently(lambda: self._connection.client.files.delete(file_id))
        except (Failure, UserError):
            return

    def create(self, file_id: str, key: str, metadata: dict[str, str]) -> str:
        """Have a file answered; the id of the batch, which is found again by ``key``.

        Raises:
            Failure: it can't be made.
        """

        def make() -> str:
            create = self._connection.client.batches.create
            asked = {name: value[:512] for name, value in metadata.items()} | {KEY: key}
            return self._id(create(input_file_id=file_id, endpoint=ENDPOINT, completion_window=WINDOW, metadata=asked))

        return self._patiently(make, lambda: self.created(key, file_id))

    def not_made(self, failure: Failure) -> UserError:
        """That a file can't be sent, or its batch not be made, and what to do."""
        if failure.status not in MISSING and not failure.sentence.startswith(NO_ID):
            return self._connection.cannot_be_asked(failure)
        return UserError(
            f"{self._connection.server} takes no batches ({failure.sentence}): write mode: live, or mode: file to have "
            "files of questions answered by `vllm run-batch`, or as base_url a server that has /files and /batches "
            "beside /chat/completions; it usually ends in /v1."
        )

    def created(self, key: str, file_id: str | None) -> str | None:
        """The id of the batch that was made under ``key``, or of that file: not every server gives metadata back.

        None where there is none, or the server lists none.
        """

        def look() -> str | None:
            listed = islice(self._connection.client.batches.list(limit=LISTED), MOST_LISTED)
            return next((self._id(one) for one in listed if _is_made_of(one, key, file_id)), None)

        return self._if_there(look)

    def look(self, batch_id: str) -> Look | None:
        """A batch as it is now; None where it is gone.

        Raises:
            Failure: the server doesn't say.
        """
        return self._if_there(lambda: self._seen(self._connection.client.batches.retrieve(batch_id)))

    def content(self, file_id: str) -> bytes | None:
        """What a file holds; None where it is gone.

        Raises:
            Failure: it does not come whole.
        """
        return self._if_there(lambda: self._connection.client.files.content(file_id).content)

    def _seen(self, batch: Any) -> Look:
        status, counts = getattr(batch, "status", None), getattr(batch, "request_counts", None)
        if not isinstance(status, str):
            raise Failure("lost", "what came back is not a batch")
        errors = getattr(getattr(batch, "errors", None), "data", None)
        errors = errors if isinstance(errors, list) else []
        codes = tuple(code for code in (_text(getattr(one, "code", None)) for one in errors) if code)
        first = errors[0] if errors else None
        line = getattr(first, "line", None)
        where = f" (line {line})" if type(line) is int else ""
        reason = self._connection.shown(str(getattr(first, "message", None) or next(iter(codes), "")))
        return Look(
            status.lower(),
            sum(n for n in (getattr(counts, name, 0) for name in ("completed", "failed")) if type(n) is int),
            _text(getattr(batch, "output_file_id", None)),
            _text(getattr(batch, "error_file_id", None)),
            codes,
            f"{reason}{where}",
        )

    def _id(self, made: Any) -> str:
        found = _text(getattr(made, "id", None))
        if found is None:
            shown = self._connection.shown(str(getattr(made, "error", None) or made))
            raise Failure("lost", f"{NO_ID} ({shown})")
        return found

    def _if_there(self, call: Callable[[], T]) -> T | None:
        try:
            return self._patiently(call)
        except Failure as failure:
            if failure.status in MISSING:
                return None
            raise

    def _patiently(self, call: Callable[[], T], made: Callable[[], T | None] = lambda: None) -> T:
        """A call, repeated while its failure may pass, unless ``made`` finds that the server has done it all the same.

        Raises:
            Failure: it is not going to pass, or patience is at its end.
            UserError: as :meth:`Connection.judged`, or the server asks for too long a pause.
        """
        tries = 0
        while True:
            self._patience.wait_for_turn()
            try:
                with self._connection.asked():
                    return call()
            except Failure as failure:
                if not failure.is_passing or failure.status == 501:
                    raise
                if tries >= self._connection.section.max_retries:
                    raise
                self._patience.pause(failure, tries)
                tries += 1
            there = made()
            if there is not None:
                return there


def _is_made_of(batch: Any, key: str, file_id: str | None) -> bool:
    metadata = getattr(batch, "metadata", None)
    is_named = isinstance(metadata, dict) and metadata.get(KEY) == key
    return is_named or (file_id is not None and getattr(batch, "input_file_id", None) == file_id)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
