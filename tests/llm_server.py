"""A small OpenAI-compatible chat server of the tests' own: real HTTP on a loopback port, bad manners on demand.

Left alone it answers every prompt of this project deterministically. A test's script says otherwise: a function of the
request's body and number that returns a :class:`Say`, or None for the usual answer.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ("loud", "quiet", "steady", "sharp", "bright", "dull", "regular", "noisy")


@dataclass(frozen=True)
class Say:
    """One response. ``body`` replaces the whole chat completion; ``cut_after`` bytes the connection is cut."""

    text: str | None = None
    status: int = 200
    finish_reason: str = "stop"
    refusal: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    delay_s: float = 0.0
    cut_after: int | None = None


Script = Callable[[dict[str, Any], int], Say | None]


@dataclass
class LlmServer:
    """A running server: where it is, and every request body that has reached it."""

    url: str
    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def calls(self) -> int:
        """Requests that have reached the server."""
        return len(self.requests)


@contextmanager
def serving(script: Script = lambda *_: None, delay_s: float = 0.0) -> Iterator[LlmServer]:
    """A server on a free port for the length of the block; ``delay_s`` is how long it thinks about each answer."""
    httpd = _Httpd(script, delay_s)
    with httpd.answering():
        yield httpd.state


def usual_answer(body: dict[str, Any]) -> str:
    """What a well-behaved model would say, as a function of the prompt alone."""
    system, user = (_text(message["content"]) for message in body["messages"])
    if "Summarise" in system:
        captions = json.loads(_tagged("captions", user))
        pick = [WORDS[int(hashlib.sha256(c.encode()).hexdigest(), 16) % len(WORDS)] for c in captions[:2]]
        return json.dumps({"summary": f"All {len(captions)} clips are {pick[0]}. Some are {pick[-1]}."})
    if "You match" in system:
        k = int(re.findall(r"How many: (\d+)", user)[0])
        return json.dumps({"concepts": json.loads(_tagged("concepts", user))[:k]})
    if "You judge" in system:
        return json.dumps({"answer": "yes" if json.loads(_tagged("adjective", user)) in WORDS else "no"})
    if "You check a label" in system:
        words = set(re.findall(r"\w+", json.loads(_tagged("label", user)).lower()))
        clips = json.loads(_tagged("clips", user))
        fits = {number: words & {w for w in WORDS if w in text.lower()} for number, text in clips.items()}
        return json.dumps({"verdicts": {number: "yes" if fit else "no" for number, fit in fits.items()}})
    if "You write one short line" in system:
        told = evidence(json.loads(_tagged("evidence", user)))
        also = f"; also {told['also']}" if "also" in told else ""
        return json.dumps({"sentence": f"The sound of {told['label']}{also}."})
    return json.dumps({"caption": "A short, quiet sound."})


def evidence(text: str) -> dict[str, str]:
    """The evidence of a sentence by its names: "label: rain / often: steady"."""
    return dict(part.split(": ", 1) for part in text.split(" / "))


def completion(say: Say, prompt: str) -> dict[str, Any]:
    """A chat completion in OpenAI's form; a token is four characters."""
    message = {"role": "assistant", "content": say.text, "refusal": say.refusal}
    usage = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(say.text or "") // 4}
    usage["total_tokens"] = sum(usage.values())
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [{"index": 0, "message": message, "finish_reason": say.finish_reason}],
        "usage": usage,
    }


def error(status: int, message: str, **more: Any) -> Say:
    """An error in OpenAI's form."""
    return Say(status=status, body={"error": {"message": message, "type": "invalid_request_error", **more}})


def _text(content: Any) -> str:
    return content if isinstance(content, str) else content[0]["text"]


def _tagged(tag: str, text: str) -> str:
    return re.findall(rf"<{tag}>\n(.*)\n</{tag}>", text)[0]


class Httpd(ThreadingHTTPServer):
    """A server on a free port, which outlives its clients."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]):
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing to say: clients that are killed cut connections."""

    @contextmanager
    def answering(self) -> Iterator[None]:
        """It answers for the length of the block."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class _Httpd(Httpd):
    def __init__(self, script: Script, delay_s: float):
        super().__init__(_Handler)
        self.state = LlmServer(self.url, script)
        self.delay_s = delay_s


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Httpd

    def do_POST(self) -> None:
        server = self.server.state
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with server.lock:
            server.requests.append(body)
            server.authorizations.append(self.headers.get("authorization", ""))
            number = len(server.requests)
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            time.sleep(self.server.delay_s)
            self._say(server.script(body, number) or Say(usual_answer(body)), body)
        finally:
            with server.lock:
                server.at_once -= 1

    def _say(self, say: Say, body: dict[str, Any]) -> None:
        time.sleep(say.delay_s)
        answer = say.body if say.body is not None else completion(say, json.dumps(body["messages"]))
        answer = answer if isinstance(answer, str | bytes) else json.dumps(answer)
        content = answer.encode() if isinstance(answer, str) else answer
        self.send_response(say.status)
        for name, value in {"content-type": "application/json", "content-length": str(len(content))}.items():
            if name not in say.headers:
                self.send_header(name, value)
        for name, value in say.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: say.cut_after])
        if say.cut_after is not None:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass
