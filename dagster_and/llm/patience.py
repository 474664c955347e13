"""Waiting for a server: pauses that double, longer where it asks for that, but not for ever."""

import random
import threading
import time

from dagster_and.dissection.describer import LlmServer
from dagster_and.foundation.errors import UserError
from dagster_and.llm.connection import Failure

LONGEST_PAUSE_S = 60.0
OUTAGE = 3
"""So many different requests failing one after the other, none answered between, are the server's fault, not theirs."""


class Patience:
    """How long one server is waited for. Threads may share it; ``stop`` ends all their pauses."""

    def __init__(self, section: LlmServer, server: str):
        self._section = section
        self._server = server
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._resume_at = 0.0

    def start(self) -> None:
        """Wait anew, after a stop."""
        self._stopped.clear()

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self._stopped.set()

    def pause(self, failure: Failure, tries: int) -> None:
        """Wait before the next try; after a 429 all threads do.

        Raises:
            UserError: the server asks for more than ``longest_wait_s``.
        """
        stated = failure.retry_after_s or 0.0
        if stated > self._section.longest_wait_s:
            raise UserError(
                f"{self._server} asks to wait {stated:.0f} s, and longest_wait_s is "
                f"{self._section.longest_wait_s:g}. All answers so far are kept; run again later."
            )
        pause = max(stated, self._own_pause(tries) * random.uniform(0.75, 1.25))
        if failure.kind == "busy":
            with self._lock:
                self._resume_at = max(self._resume_at, time.monotonic() + pause)
        else:
            self._stopped.wait(pause)

    def look_again(self, looks: int) -> None:
        """Wait before one looks again at what takes long, after so many looks."""
        self._stopped.wait(self._own_pause(looks))

    def _own_pause(self, tries: int) -> float:
        return min(self._section.backoff_s * 2 ** min(tries, 30), LONGEST_PAUSE_S)

    def wait_for_turn(self) -> None:
        """Until nobody has to wait.

        Raises:
            UserError: it was stopped.
        """
        while (rest := self._resume_at - time.monotonic()) > 0 and not self._stopped.wait(rest):
            pass
        if self._stopped.is_set():
            raise UserError("Stopped; all answers so far are kept.")
