"""A server between a client and its S3 server, which passes everything on, or does with it what a bad line would."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.llm_server import Httpd

Fault = Callable[[str, str, int], str | None]
"""Of method, path and number of a request what befalls it: one of ``FAULTS``, or nothing."""
FAULTS = ("away", "half an upload", "half an answer", "a lost answer", "a stale listing", "slow down", "500")
SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
PATIENCE_S = 30


class S3Proxy(Httpd):
    """On a free port; ``behind`` is the address of the server that answers."""

    def __init__(self, behind: str):
        super().__init__(_Handler)
        self.behind = urlsplit(behind)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.fault: Fault = lambda *_: None
        self.requests = 0
        self.listings: dict[str, tuple[int, list[tuple[str, str]], bytes]] = {}
        self.befallen = 0
        self.lock = threading.Lock()


@contextmanager
def between(behind: str) -> Iterator[S3Proxy]:
    """It passes on for the length of the block."""
    proxy = S3Proxy(behind)
    with proxy.answering():
        yield proxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: S3Proxy

    def _pass_on(self) -> None:
        proxy = self.server
        with proxy.lock:
            proxy.requests += 1
            fault = proxy.fault(self.command, self.path, proxy.requests)
            proxy.befallen += fault is not None
        if fault == "away":
            return self._hang_up()
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if fault == "half an upload" and body:
            self._upload_half(body)
            return self._hang_up()
        if fault in ("slow down", "500"):
            return self._answer(503 if fault == "slow down" else 500, [("content-type", "application/xml")], SLOW_DOWN)
        answer = self._stale() if fault == "a stale listing" else None
        status, headers, content = answer or self._asked(body)
        if "list-type" in self.path:
            proxy.listings.setdefault(self.path, (status, headers, content))
        if fault == "a lost answer":
            return self._hang_up()
        return self._answer(status, headers, content, half=fault == "half an answer")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on  # noqa: N815 - as http.server calls them

    def _stale(self) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """The first answer to this listing."""
        return self.server.listings.get(self.path)

    def _asked(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(
            self.server.behind.hostname or "", self.server.behind.port, timeout=PATIENCE_S
        )
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("expect", "connection"):
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _upload_half(self, body: bytes) -> None:
        behind = self.server.behind
        head = "".join(f"{n}: {v}\r\n" for n, v in self.headers.items() if n.lower() != "expect")
        with suppress(OSError), socket.create_connection((behind.hostname or "", behind.port), PATIENCE_S) as upstream:
            upstream.sendall(f"{self.command} {self.path} HTTP/1.1\r\n{head}\r\n".encode() + body[: len(body) // 2])

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes, *, half: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        length = {n.lower(): v for n, v in headers}.get("content-length", str(len(content)))
        self.send_header("content-length", length if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if half else content)
        if half:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass
