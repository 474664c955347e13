"""Whatever a line of a batch says is an answer, or a failure with a reason."""

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.errors import UserError
from dagster_and.llm.batch_lines import MOST_BYTES, MOST_REQUESTS, batches_of, read_lines, said_in, write_lines
from dagster_and.llm.client import ChatClient
from dagster_and.llm.connection import Failure
from tests.llm.test_odd_completions import BODIES, JSON
from tests.llm_server import Say, completion

ERRORS = JSON | st.fixed_dictionaries({}, optional={"code": JSON, "message": JSON, "param": JSON, "error": JSON})
RESPONSES = JSON | st.fixed_dictionaries(
    {}, optional={"status_code": st.sampled_from([200, 400, 404, 429, 500]) | JSON, "body": BODIES | ERRORS}
)
LINES = st.fixed_dictionaries({"custom_id": st.text()}, optional={"response": RESPONSES, "error": ERRORS})


@pytest.fixture(scope="module")
def client() -> ChatClient:
    return ChatClient(LlmDescriber(kind="llm", base_url="http://127.0.0.1:9/v1", model="tiny"))


@given(line=LINES)
def test_any_line_is_an_answer_or_a_failure_with_a_reason(client: ChatClient, line: dict[str, Any]):
    with suppress(Failure, UserError):  # they can't be raised without a sentence
        raw = said_in(line, client)
        assert raw.text.encode() is not None
        assert all(tokens is None or tokens >= 0 for tokens in (raw.prompt_tokens, raw.completion_tokens))


def test_an_answer_of_openai_and_one_of_vllm_are_read_alike(client: ChatClient):
    body = completion(Say('{"answer": "yes"}'), "prompt")
    openai = {"id": "batch_req_1", "custom_id": "a", "response": {"status_code": 200, "body": body}, "error": None}
    vllm = {"id": "vllm-1", "custom_id": "a", "response": {"status_code": 200, "request_id": "v", "body": body}}
    assert said_in(openai, client) == said_in(vllm, client)
    assert said_in(openai, client).text == '{"answer": "yes"}'


@pytest.mark.parametrize(
    ("line", "kind", "sentence"),
    [
        ({"error": {"code": "batch_expired", "message": "Too late."}}, "unasked", "batch_expired: Too late."),
        ({"error": {"code": "request_timeout", "message": "Slow."}}, "lost", "request_timeout: Slow."),
        ({"response": {"status_code": 429, "body": {"error": {"message": "Busy."}}}}, "busy", "HTTP 429: Busy."),
        ({"response": {"status_code": 400}, "error": "Too long."}, "rejected", "HTTP 400: Too long."),
        ({}, "lost", "the line of the batch: it says nothing"),
    ],
)
def test_a_failure_is_called_what_it_is(client: ChatClient, line: dict[str, Any], kind: str, sentence: str):
    with pytest.raises(Failure) as caught:
        said_in(line, client)
    assert (caught.value.kind, caught.value.sentence) == (kind, sentence)


@given(lines=st.lists(JSON), cut=st.integers(0, 50))
def test_any_file_is_read_line_by_line(lines: list, cut: int):
    content = b"\n".join(json.dumps(line).encode() for line in lines)
    for line in read_lines(content[: max(0, len(content) - cut)]):
        assert line is None or isinstance(line["custom_id"], str)


@given(st.binary())
def test_any_bytes_are_lines_or_none(content: bytes):
    assert all(line is None or "custom_id" in line for line in read_lines(content))


def test_batches_are_counted_by_requests_and_by_size():
    assert [batches_of(*one) for one in ((0, 0), (1, 1), (MOST_REQUESTS, 1), (MOST_REQUESTS + 1, 1))] == [0, 1, 1, 2]
    assert batches_of(2, 2 * MOST_BYTES + 1) == 3


def test_no_reader_of_lines_takes_a_word_for_two():
    said = "one\u2028two\u2029three\x85four"
    with io.BytesIO() as file:
        write_lines(file, [("a", {"said": said}), ("b", {"said": "ü"})])
        lines = file.getvalue().decode().splitlines()
    assert [json.loads(line)["body"]["said"] for line in lines] == [said, "ü"]
    assert "ü" in lines[1]
