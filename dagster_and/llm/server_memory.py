"""What a server takes: found out by the first call, remembered durably."""

import threading
from collections.abc import Callable

from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.client import FORMATS, ChatClient, Failure
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
        self._unsupported: tuple[str, ...] = tuple(store.fact(*self._where, "unsupported_parameters") or ())

    @property
    def response_format(self) -> str:
        """The form that is asked for; the best one as long as nothing is known."""
        return self._known or FORMATS[0]

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
                may_be_form = failure.kind in ("rejected", "broken") and failure.status not in (502, 503, 504)
                if is_last or not may_be_form or failure.is_about_size:
                    raise
            else:
                if answered[0].finish_reason == "content_filter":  # which says nothing of the form
                    return answered
                self._known = form
                self._store.remember(*self._where, "response_format", form)
                return answered
        raise AssertionError("the last form returns or raises")

    def _in_form(self, send: Send, form: str, patience: int) -> tuple[Raw, str, int]:
        while True:
            try:
                raw, call = send(form, self._unsupported, patience)
                return raw, form, call
            except Failure as failure:
                if failure.unsupported is None or failure.unsupported in self._unsupported:
                    raise
                self._unsupported = (*self._unsupported, failure.unsupported)
                self._store.remember(*self._where, "unsupported_parameters", list(self._unsupported))
