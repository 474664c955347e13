"""What a server takes: found out by the first call, remembered durably."""

import threading
from collections.abc import Callable

from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.client import FORMATS, ChatClient
from dagster_and.llm.connection import Failure
from dagster_and.llm.parsing import Raw

Send = Callable[[str, tuple[str, ...], int], tuple[Raw, int]]
"""In a form, without these parameters, with this patience: the answer, and the call that brought it."""


class ServerMemory:
    """The form of answers that a server and model take, and the parameters that they refuse. Threads may share it."""

    def __init__(self, store: AnswerStore, client: ChatClient):
        self._store = store
        self._where = (client.server, client.model)
        self._finding_out = threading.Lock()
        self._known: str | None = store.fact(*self._where, "response_format")
        self._guess = FORMATS[0]
        self._unsupported: tuple[str, ...] = tuple(store.fact(*self._where, "unsupported_parameters") or ())

    @property
    def response_format(self) -> str:
        """The form that is asked for; the best one as long as nothing is known."""
        return self._known or self._guess

    @property
    def unsupported(self) -> tuple[str, ...]:
        """Parameters that are left out."""
        return self._unsupported

    def took(self, form: str) -> None:
        """Remember that a question in this form was answered."""
        if self._known is None:
            self._known = form
            self._store.remember(*self._where, "response_format", form)

    def leave_out(self, parameter: str) -> bool:
        """Remember that a parameter is refused; False where it was left out already."""
        if parameter in self._unsupported:
            return False
        self._unsupported = (*self._unsupported, parameter)
        self._store.remember(*self._where, "unsupported_parameters", list(self._unsupported))
        return True

    def try_another_way(self, failure: Failure, form: str) -> bool:
        """Whether questions that failed together in this form may be taken in another, which is asked in then."""
        if failure.unsupported is not None:
            self.leave_out(failure.unsupported)
            return True
        if self._known not in (None, form):  # which is known by now
            return True
        if form == FORMATS[-1] or not (failure.is_about_format or (self._known is None and _may_be_form(failure))):
            return False
        self._known = None
        self._guess = FORMATS[max(FORMATS.index(self._guess), FORMATS.index(form) + 1)]
        return True

    def ask(self, send: Send, max_retries: int) -> tuple[Raw, str, int]:
        """Send in the best form that the server takes; until that is known, one call at a time.

        Returns the answer, its form and the call that brought it.

        Raises:
            Failure: as ``send`` does.
        """
        known = self._known
        if known is not None:
            try:
                return self._in_form(send, known, max_retries)
            except Failure as failure:
                if known == "text" or not failure.is_about_format:
                    raise
                self._known = None  # the server has become another one
        with self._finding_out:
            if self._known is None:
                return self._find_out(send, max_retries)
        return self._in_form(send, self._known, max_retries)

    def _find_out(self, send: Send, max_retries: int) -> tuple[Raw, str, int]:
        for form in FORMATS:
            is_last = form == FORMATS[-1]
            try:
                # a 500 may be the server's way of not knowing the form: one repeat tells it from a passing fault
                answered = self._in_form(send, form, max_retries if is_last else min(1, max_retries))
            except Failure as failure:
                if is_last or not _may_be_form(failure):
                    raise
            else:
                if answered[0].finish_reason == "content_filter":  # which says nothing of the form
                    return answered
                self.took(form)
                return answered
        raise AssertionError("the last form returns or raises")

    def _in_form(self, send: Send, form: str, patience: int) -> tuple[Raw, str, int]:
        while True:
            try:
                raw, call = send(form, self._unsupported, patience)
                return raw, form, call
            except Failure as failure:
                if failure.unsupported is None or not self.leave_out(failure.unsupported):
                    raise


def _may_be_form(failure: Failure) -> bool:
    """Whether a failure may be the server's way of not knowing the form of answer."""
    is_plain = failure.kind in ("rejected", "broken") and failure.status not in (502, 503, 504)
    return is_plain and not failure.is_about_size
