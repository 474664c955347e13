"""The audit of what is locked, asked of an OSV server on this machine."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dagster_and.foundation.home import REPOSITORY

ADVISORY = {
    "id": "PYSEC-2026-1",
    "summary": "A file may say what is run.",
    "affected": [
        {
            "package": {"name": "pyyaml", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
        }
    ],
}


@contextmanager
def osv_server(advisories: dict[str, list[dict]], status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A server that knows advisories by a package's name: its address, and the packages that it was asked for."""
    asked: list[str] = []

    class Advisories(BaseHTTPRequestHandler):
        def do_POST(self):
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(f"{query['package']['name']}=={query['version']}")
            known = advisories.get(query["package"]["name"])
            told = json.dumps({"vulns": known} if known else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
    finally:
        server.shutdown()
        server.server_close()


def audit(address: str) -> tuple[int, str]:
    command = [sys.executable, REPOSITORY / ".ci" / "audit.py", "--osv", address]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_every_version_in_both_locks_is_asked_for_and_what_is_known_is_told():
    with osv_server({"pyyaml": [ADVISORY]}) as (address, asked):
        code, said = audit(address)
    texts = [
        (REPOSITORY / lock).read_text(encoding="utf-8") for lock in ("requirements.lock", "deploy/requirements.lock")
    ]
    locked = {one for text in texts for one in re.findall(r"^([a-z0-9.-]+==[^\s;]+)", text, re.MULTILINE)}
    (pyyaml,) = (one for one in asked if one.startswith("pyyaml=="))
    assert code == 1
    assert f"audit: {pyyaml.replace('==', ' ')}: PYSEC-2026-1, mended in 99.1." in said.splitlines()
    assert set(asked) <= locked
    assert len(locked) - len(set(asked)) < 10  # those for other systems


def test_nothing_known_is_told_as_that():
    with osv_server({}) as (address, asked):
        code, said = audit(address)
    assert code == 0
    assert said == f"audit: {len(asked)} of {len(asked)} packages asked for, 0 known vulnerabilities.\n"


def test_a_server_that_fails_is_no_answer():
    with osv_server({}, status=503) as (address, _):
        code, said = audit(address)
    assert (code, said) == (0, "audit: not asked (JSONDecodeError): no service answered.\n")
