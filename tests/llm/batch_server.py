"""A server of OpenAI's files and batches, of the tests' own: real HTTP on a loopback port, checks what the API checks.

A batch goes on by one state each time somebody looks: validating, in_progress (half is done), finalizing, completed.
Its lines come back shuffled. It answers single calls, too. A test's script says how a line or a call is answered, its
trouble what becomes of an HTTP request.
"""

import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.llm_server import Httpd, Say, completion, error, usual_answer

ENDPOINT = "/v1/chat/completions"
Script = Callable[[dict[str, Any], int], Say | None]
Trouble = Callable[[str, int], "Say | str | None"]
"""Of an HTTP request, such as "POST /files", and how many there were of it: another response; or "late", where the
server does what it is asked for and then cuts the connection.
"""
Ending = Callable[[dict[str, Any]], str | None]
"""How a batch ends, other than completed."""


@dataclass
class BatchServer:
    """A running server: where it is, what it holds, and every question that it was asked."""

    url: str
    script: Script = lambda *_: None
    trouble: Trouble = lambda *_: None
    ending: Ending = lambda _: None
    most_enqueued: int = 10**9
    most_bytes: int = 10**9
    """Of a file of questions."""
    shown: Callable[[dict[str, Any]], dict[str, Any]] = lambda batch: batch
    """A batch as it is given back."""
    model: str = "tiny"
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    live: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of single calls; those of batches are ``requests``."""
    asked: Counter = field(default_factory=Counter)
    """How often each custom_id was answered."""
    seen: Counter = field(default_factory=Counter)
    """HTTP requests by method and path, ids left out."""
    authorizations: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    lock: threading.RLock = field(default_factory=threading.RLock)

    def of(self, batch: dict[str, Any]) -> list[dict[str, Any]]:
        """The lines of a batch."""
        return [json.loads(line) for line in self.files[batch["input_file_id"]]["content"].splitlines()]

    def orphans(self) -> list[str]:
        """Files of questions that no batch takes."""
        taken = {batch["input_file_id"] for batch in self.batches.values()}
        return [name for name, file in self.files.items() if file["purpose"] == "batch" and name not in taken]

    def add_file(self, name: str, purpose: str, content: bytes) -> dict[str, Any]:
        number = next(self.numbers)
        self.files[f"file-{number}"] = {
            "id": f"file-{number}", "object": "file", "bytes": len(content), "created_at": number, "filename": name,
            "purpose": purpose, "status": "processed", "content": content,
        }  # fmt: skip
        return self.files[f"file-{number}"]

    def fault(self, batch: dict[str, Any]) -> tuple[str, str, int | None] | None:
        """What the API has against a file: code, message, line."""
        lines = self.files[batch["input_file_id"]]["content"].splitlines()
        ids = set()
        for number, line in enumerate(lines, start=1):
            try:
                asked = json.loads(line)
            except ValueError:
                return "invalid_json_line", "This line is not parseable as valid JSON.", number
            if not isinstance(asked.get("custom_id"), str) or not 0 < len(asked["custom_id"]) <= 64:
                return "missing_required_parameter", "custom_id is missing.", number
            if asked["custom_id"] in ids:
                return "duplicate_custom_id", "The custom_id for this request is a duplicate.", number
            ids.add(asked["custom_id"])
            if asked.get("method") != "POST" or asked.get("url") != batch["endpoint"]:
                return "mismatched_url", "The URL provided for this request does not match the batch endpoint.", number
            if set(asked) != {"custom_id", "method", "url", "body"} or asked["body"].get("stream"):
                return "invalid_request", "This line has what no line has.", number
            if asked["body"].get("model") != self.model:
                return "model_not_found", f"The model `{asked['body'].get('model')}` does not exist.", number
        enqueued = len(lines) + sum(
            one["request_counts"]["total"] for one in self.batches.values() if one["status"] == "in_progress"
        )
        if not lines:
            return "empty_file", "The file is empty.", None
        if enqueued > self.most_enqueued:
            return "token_limit_exceeded", "Enqueued token limit reached.", None
        return None

    def go_on(self, batch: dict[str, Any]) -> None:
        """One state further."""
        if batch["status"] == "validating":
            if fault := self.fault(batch):
                code, message, line = fault
                errors = [{"code": code, "message": message, "line": line, "param": None}]
                batch |= {"status": "failed", "errors": {"object": "list", "data": errors}}
                return
            total = len(self.of(batch))
            batch |= {"status": "in_progress", "request_counts": {"total": total, "completed": total // 2, "failed": 0}}
        elif batch["status"] == "in_progress":
            batch["status"] = "finalizing"
        elif batch["status"] == "finalizing":
            self.answer(batch)

    def answer(self, batch: dict[str, Any]) -> None:
        """Answer the lines, or as far as the ending goes, and write the files."""
        ending = self.ending(batch) or "completed"
        lines = self.of(batch)
        done = lines if ending == "completed" else lines[: len(lines) // 2]
        good, bad = [], []
        for number, line in enumerate(lines):
            if line not in done:
                error = {"code": f"batch_{ending}", "message": f"The batch has {ending} before this request."}
                bad.append(self.line(line, None, error, number))
                continue
            self.requests.append(line["body"])
            self.asked[line["custom_id"]] += 1
            say = self.said(line["body"], len(self.requests))
            response = {"status_code": say.status, "request_id": f"req-{number}", "body": say.body}
            (good if say.status == 200 else bad).append(self.line(line, response, None, number))
        for name, said in (("output_file_id", good), ("error_file_id", bad)):
            if said:
                random.shuffle(said)
                content = b"".join(json.dumps(one).encode() + b"\n" for one in said)
                batch[name] = self.add_file(f"{batch['id']}_{name}.jsonl", "batch_output", content)["id"]
        batch["request_counts"] = {"total": len(lines), "completed": len(good), "failed": len(bad)}
        batch["status"] = ending

    def said(self, asked: dict[str, Any], number: int) -> Say:
        """What the model says, with its whole body."""
        say = self.script(asked, number) or Say(usual_answer(asked))
        body = say.body if say.body is not None else completion(say, json.dumps(asked["messages"]))
        return replace(say, body=body)

    @staticmethod
    def line(line: dict[str, Any], response: Any, error: Any, number: int) -> dict[str, Any]:
        return {"id": f"line-{number}", "custom_id": line["custom_id"], "response": response, "error": error}


@contextmanager
def serving_batches(**settings: Any) -> Iterator[BatchServer]:
    """A server on a free port for the length of the block."""
    httpd = _Httpd(_Handler)
    httpd.state = BatchServer(httpd.url, **settings)
    with httpd.answering():
        yield httpd.state


class _Httpd(Httpd):
    state: BatchServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Httpd

    def do_POST(self) -> None:
        self._answer("POST")

    def do_GET(self) -> None:
        self._answer("GET")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        state = self.server.state
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        split = urlsplit(self.path)
        parts = split.path.removeprefix("/v1/").split("/")
        what = f"{method} /{re.sub(r'/(file|batch)-[^/]+', '/ID', '/'.join(parts))}"
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        with state.lock:
            state.seen[what] += 1
            state.authorizations.add(self.headers.get("authorization", ""))
            trouble = state.trouble(what, state.seen[what])
            said = trouble if isinstance(trouble, Say) else self._do(method, parts, query, body)
        if trouble == "late":
            self.close_connection = True
            self.connection.close()
            return
        self._say(said)

    def _do(self, method: str, parts: list[str], query: dict[str, str], body: bytes) -> Say:
        state = self.server.state
        match method, parts:
            case "POST", ["files"]:
                return self._uploaded(body)
            case "GET", ["files"]:
                held = [file for file in state.files.values() if file["purpose"] == query.get("purpose")]
                return _page([_shown(file) for file in held], query)
            case "GET", ["files", name] if name in state.files:
                return Say(body=_shown(state.files[name]))
            case "DELETE", ["files", name] if name in state.files:
                del state.files[name]
                return Say(body={"id": name, "object": "file", "deleted": True})
            case "GET", ["files", name, "content"] if name in state.files:
                content = state.files[name]["content"].decode()
                return Say(body=content, headers={"content-type": "application/octet-stream"})
            case "POST", ["chat", "completions"]:
                state.live.append(json.loads(body))
                return state.said(state.live[-1], len(state.live))
            case "POST", ["batches"]:
                return self._made(json.loads(body))
            case "GET", ["batches"]:
                return _page([state.shown(batch) for batch in state.batches.values()], query)
            case "GET", ["batches", name] if name in state.batches:
                state.go_on(state.batches[name])
                return Say(body=state.shown(state.batches[name]))
        return error(404, f"There is no {'/'.join(parts)}.")

    def _uploaded(self, body: bytes) -> Say:
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = {
            part.get_param("name", header="content-disposition"): part
            for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
        }
        name, content = parts["file"].get_filename(), parts["file"].get_payload(decode=True)
        if parts["purpose"].get_content().strip() != "batch" or not name.endswith(".jsonl"):
            return error(400, "Invalid file format for Batch API. Must be .jsonl")
        if len(content) > self.server.state.most_bytes:
            return error(413, "Payload Too Large")
        return Say(body=_shown(self.server.state.add_file(name, "batch", content)))

    def _made(self, asked: dict[str, Any]) -> Say:
        state = self.server.state
        if set(asked) - {"input_file_id", "endpoint", "completion_window", "metadata"}:
            return error(400, "Unknown parameter.")
        if asked["input_file_id"] not in state.files or asked["endpoint"] != ENDPOINT:
            return error(400, f"Cannot find file {asked['input_file_id']}.")
        metadata = asked.get("metadata") or {}
        if asked["completion_window"] != "24h" or len(metadata) > 16:
            return error(400, "Invalid completion_window or metadata.")
        if any(len(k) > 64 or not isinstance(v, str) or len(v) > 512 for k, v in metadata.items()):
            return error(400, "Invalid metadata.")
        name = f"batch-{len(state.batches) + 1}"
        state.batches[name] = {
            "id": name, "object": "batch", **asked, "status": "validating", "created_at": int(time.time()),
            "errors": None, "output_file_id": None, "error_file_id": None,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }  # fmt: skip
        return Say(body=state.shown(state.batches[name]))

    def _say(self, say: Say) -> None:
        time.sleep(say.delay_s)
        content = say.body.encode() if isinstance(say.body, str) else json.dumps(say.body).encode()
        headers = {"content-type": "application/json", "content-length": str(len(content))} | say.headers
        self.send_response(say.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: say.cut_after])
        if say.cut_after is not None:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


def _shown(file: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in file.items() if name != "content"}


def _page(held: list[dict[str, Any]], query: dict[str, str]) -> Say:
    """The newest first, so many of them after the one that is named."""
    names = [one["id"] for one in held][::-1]
    start = names.index(query["after"]) + 1 if "after" in query else 0
    limit = int(query.get("limit", 20))
    page = held[::-1][start : start + limit]
    more = start + limit < len(held)
    return Say(body={"object": "list", "data": page, "has_more": more, "last_id": page[-1]["id"] if page else None})
