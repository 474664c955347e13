"""Parts of a cluster on this machine: processes on loopback that can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_TO_START = 60
SECONDS_TO_END = 10


class MissingPartError(RuntimeError):
    """A program that a part of the cluster needs is not installed; the message says how to get it."""


@dataclass
class Part:
    """A process that can be killed and started again, with its address."""

    name: str
    address: str
    command: Sequence[str]
    folder: Path
    is_ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    ends_by: signal.Signals = signal.SIGTERM
    ready_when: str = ""
    """What it has to print, too, before it is ready."""
    process: subprocess.Popen | None = None
    _printed: int = 0
    """Bytes of its log that are of earlier processes."""

    def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            RuntimeError: it ended, or does not answer within a minute; what it printed is in the message.
        """
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.user:
            shutil.chown(self.folder, self.user)
        with self._log.open("ab") as log:
            self._printed = log.tell()
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, user=self.user,
                env=os.environ | self.environment, start_new_session=True,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        """Wait until a process that was launched answers.

        Raises:
            RuntimeError: as :meth:`start`.
        """
        assert self.process is not None
        deadline = time.monotonic() + SECONDS_TO_START
        while not (self.is_ready() and self.ready_when in self._said):
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self._said[-2000:]
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{said}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End the process and its children at once, as a machine that goes down would."""
        self.ask_to_end(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """End the process as its manual says, and if it takes more than seconds, at once."""
        stop_all([self])

    def ask_to_end(self, how: signal.Signals) -> None:
        """Send a signal, and don't wait: to the process, or, where it kills, to all that it has started."""
        if self.process is None or not self.is_running:
            return
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)

    def wait(self) -> None:
        """Wait until it has ended, some seconds; after that, and for what it has left behind, it is killed."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(SECONDS_TO_END)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    @property
    def _said(self) -> str:
        return self._log.read_bytes()[self._printed :].decode(errors="replace")

    @property
    def _log(self) -> Path:
        return self.folder / f"{self.name}.log"


def stop_all(parts: Sequence[Part]) -> None:
    """End all of them at once, each as :meth:`Part.stop` does: else each would wait for its own end alone."""
    for part in parts:
        part.ask_to_end(part.ends_by)
    for part in parts:
        part.wait()


@contextmanager
def running(*parts: Part) -> Iterator[None]:
    """All parts run while the block lasts; they are started at once, and ended at once."""
    try:
        for part in parts:
            part.launch()
        for part in parts:
            part.wait_until_ready()
        yield
    finally:
        stop_all(parts[::-1])


def free_ports(count: int) -> list[int]:
    """Ports that are free now, and of which SeaweedFS's second one, 10,000 above, is a port, too."""
    with ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < count:
            opened = stack.enter_context(socket.socket())
            opened.bind(("127.0.0.1", 0))
            port = opened.getsockname()[1]
            if port < 55_000:
                ports.append(port)
        return ports


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as opened:
        return opened.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    """Whether a web server answers, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
