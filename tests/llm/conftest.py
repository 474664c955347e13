"""A describer over a server that does what a test's script says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from dagster_and.describers.llm import OpenAiCompatibleDescriber, open_llm_describer
from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.home import Home
from tests.llm.batch_server import BatchServer, serving_batches
from tests.llm_server import LlmServer, serving

QUICK = {"timeout_s": 5.0, "backoff_s": 0.01, "max_retries": 3, "concurrency": 4}


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def serve() -> Iterator[Callable[..., LlmServer]]:
    """Start a server that a script drives; it stops with the test."""
    with ExitStack() as stack:
        yield lambda script=lambda *_: None, delay_s=0.0: stack.enter_context(serving(script, delay_s))


@pytest.fixture
def serve_batches() -> Iterator[Callable[..., BatchServer]]:
    """Start a server of files and batches; it stops with the test."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving_batches(**settings))


@pytest.fixture
def open_batches(open_describer: Callable[..., OpenAiCompatibleDescriber]) -> Callable[..., OpenAiCompatibleDescriber]:
    """A describer that asks a server in batches."""
    return partial(open_describer, mode="batch")


@pytest.fixture
def open_describer(home: Home) -> Callable[..., OpenAiCompatibleDescriber]:
    """A describer of a server; each one sees the answer store as a new run would."""

    def opened(server: LlmServer | BatchServer, dissection: str = "", **settings) -> OpenAiCompatibleDescriber:
        section = LlmDescriber(**{"kind": "llm", "base_url": server.url, "model": "tiny"} | QUICK | settings)
        return open_llm_describer(section, home, dissection)

    return opened
