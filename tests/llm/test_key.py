"""The key is sent in the header, and reaches no file, no table, no sentence."""

import base64
from pathlib import Path

import pytest

from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.errors import UserError
from tests.llm_server import Say, error

KEY = 'sk-test-"SECRET"/4711'


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_KEY", KEY)


def holds_key(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and b"SECRET" in path.read_bytes()]


def test_an_echoed_key_is_removed_from_answers(serve, open_describer, home, capfd):
    echoes = [f"The key is {KEY}.", f"It is {KEY!r} and {base64.b64encode(KEY.encode()).decode()}", None]
    server = serve(lambda _, number: Say(echoes[number % 3] or "", refusal=KEY if number % 3 == 2 else None))
    replies = open_describer(server, api_key_env="MY_KEY").summarise([("a",), ("b",)])
    assert server.authorizations == [f"Bearer {KEY}"] * server.calls
    assert any("[key removed]" in (reply.value or reply.missing_reason) for reply in replies)
    assert "SECRET" not in repr(replies)
    assert base64.b64encode(KEY.encode()).decode() not in repr(replies)
    assert holds_key(home.root) == []
    assert "SECRET" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_an_echoed_key_is_removed_from_errors(serve, open_describer, home, status: int):
    import traceback

    server = serve(lambda *_: error(status, f"Incorrect API key provided: {KEY}"))
    with pytest.raises(UserError) as caught:
        open_describer(server, api_key_env="MY_KEY", max_retries=0).judge(["loud"])
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))
    assert "[key removed]" in str(caught.value)
    assert holds_key(home.root) == []


def test_a_key_in_place_of_its_variable_or_in_the_url_is_refused_and_not_shown(tmp_path: Path):
    from dagster_and.dissection import load_file

    good = "probing: {layout: soundbank}\ncaptions: {captioner: dataset}\ntarget: {family: embedded_ast}\n"
    for number, section in enumerate(
        [
            "{kind: llm, model: m, base_url: 'http://h/v1', api_key_env: sk_live_SECRET}",
            "{kind: llm, model: m, base_url: 'http://me:SECRET@h/v1'}",
            "{kind: llm, model: m, base_url: 'http://h/v1?key=SECRET'}",
            "{kind: llm, model: m, base_url: 'http://h/v1', api_key: SECRET}",
        ]
    ):
        path = tmp_path / f"d{number}.yaml"
        path.write_text(f"{good}describer: {section}\n")
        with pytest.raises(UserError, match="describer") as caught:
            load_file(path)
        assert "SECRET" not in str(caught.value)


def test_variables_are_filled_in_and_missing_ones_named(monkeypatch: pytest.MonkeyPatch):
    section = LlmDescriber(kind="llm", base_url="${AND_TEST_URL}/v1/", model="${AND_TEST_MODEL}")
    monkeypatch.delenv("AND_TEST_URL", raising=False)
    with pytest.raises(UserError, match="AND_TEST_URL is not set"):
        section.resolved_url()
    monkeypatch.setenv("AND_TEST_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AND_TEST_MODEL", "tiny")
    assert (section.resolved_url(), section.resolved_model()) == ("http://127.0.0.1:1/v1", "tiny")
    monkeypatch.setenv("AND_TEST_URL", "file:///etc/passwd")
    with pytest.raises(UserError, match="not the plain URL"):
        section.resolved_url()
