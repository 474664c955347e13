"""Batches answered by hand, by what `vllm run-batch` makes of a file."""

import json
import re
from pathlib import Path

import pytest

from dagster_and.foundation.errors import UserError
from tests.llm_server import LlmServer, Say, completion, usual_answer

WORDS = [f"word{i}" for i in range(6)]
NOWHERE = LlmServer("http://127.0.0.1:9/v1", lambda *_: None)


@pytest.fixture
def describer(open_describer):
    return open_describer(NOWHERE, mode="file")


def run_batch(sentence: str, *, most: int | None = None, script=lambda _: None) -> Path:
    """What vLLM would write of the command that the sentence names."""
    told = re.search(r"`vllm run-batch -i (\S+) -o (\S+) --model tiny`", sentence)
    assert told
    lines = []
    for line in Path(told[1]).read_text().splitlines()[:most]:
        asked = json.loads(line)
        good = {"status_code": 200, "request_id": "vllm-batch-1", "body": None}
        say = script(asked["body"])
        if isinstance(say, str):
            response, error = good | {"status_code": 400}, say
        else:
            answer = completion(say or Say(usual_answer(asked["body"])), "prompt")
            response, error = good | {"body": answer}, None
        lines.append({"id": "vllm-1", "custom_id": asked["custom_id"], "response": response, "error": error})
    Path(told[2]).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Path(told[2])


def told(describer, words=WORDS) -> str:
    with pytest.raises(UserError) as caught:
        describer.judge(words)
    return str(caught.value)


def test_questions_wait_in_a_file_until_their_answers_lie_beside_it(describer, home):
    first = told(describer)
    assert first.startswith(f"6 requests lie in {home.root / 'batches'}: have them answered by `vllm run-batch -i ")
    assert told(describer) == first
    run_batch(first)
    assert [reply.value for reply in describer.judge(WORDS)] == [False] * 6
    assert [reply.value for reply in describer.judge(WORDS)] == [False] * 6


def test_a_file_that_is_still_being_written_is_waited_for(describer):
    first = told(describer)
    answers = run_batch(first, most=4)
    assert told(describer) == first
    answers.write_text(answers.read_text()[:-20])
    assert told(describer) == first
    run_batch(first)
    assert len(describer.judge(WORDS)) == 6


def test_an_unusable_answer_is_asked_for_again_in_the_next_file(describer):
    run_batch(told(describer), script=lambda body: Say("") if "word1" in str(body) else None)
    second = told(describer)
    assert second.startswith("1 request lies in")
    run_batch(second)
    assert [reply.value for reply in describer.judge(WORDS)] == [False] * 6


def test_what_vllm_says_of_a_line_is_its_reason(describer):
    long = "This model's maximum context length is 2048 tokens."
    run_batch(told(describer), script=lambda body: long if "word1" in str(body) else None)
    replies = describer.judge(WORDS)
    assert replies[1].missing_reason == f"error: HTTP 400: {long}"
    assert [reply.value for reply in replies[2:]] == [False] * 4


def test_questions_whose_file_is_deleted_are_written_again(describer, home):
    first = told(describer)
    for path in (home.root / "batches").iterdir():
        path.unlink()
    second = told(describer)
    assert second != first
    run_batch(second)
    assert len(describer.judge(WORDS)) == 6


def test_the_form_that_a_model_takes_is_found_out_file_by_file(open_describer):
    """Each file is read by another run."""
    forms = []

    def script(body):
        forms.append(body.get("response_format", {"type": "text"})["type"])
        return "response_format is not supported" if forms[-1] != "text" else Say("No.")

    for _ in range(3):
        run_batch(told(open_describer(NOWHERE, mode="file"), WORDS[:2]), script=script)
    assert [reply.value for reply in open_describer(NOWHERE, mode="file").judge(WORDS[:2])] == [False] * 2
    assert forms == ["json_schema"] * 2 + ["json_object"] * 2 + ["text"] * 2


def test_answers_by_hand_are_those_of_the_server_too(describer, open_describer):
    run_batch(told(describer))
    replies = describer.judge(WORDS)
    assert open_describer(NOWHERE).judge(WORDS) == replies
