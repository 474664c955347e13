"""A real server with a real LLM, wherever one is reachable: set AND_LLM_BASE_URL and AND_LLM_MODEL."""

import os

import pytest

from dagster_and.describers.describer import Choice
from dagster_and.describers.llm import open_llm_describer
from dagster_and.dissection import LlmDescriber
from dagster_and.llm.answers import AnswerStore

WHERE = ("AND_LLM_BASE_URL", "AND_LLM_MODEL")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(os.environ.get(name) for name in WHERE),
        reason="AND_LLM_BASE_URL and AND_LLM_MODEL name no server, such as http://127.0.0.1:8099/v1 and smollm2",
    ),
]


def test_a_real_llm_answers_every_task_in_a_form_that_it_takes(home):
    section = LlmDescriber(
        kind="llm", base_url="${AND_LLM_BASE_URL}", model="${AND_LLM_MODEL}", concurrency=1, max_tokens=120
    )
    describer = open_llm_describer(section, home)
    captions = ("A dog barks loudly and sharply.", "A dog barks twice, loud and harsh.")
    replies = [
        *describer.summarise([captions]),
        *describer.choose([Choice("A dog barks loudly.", ("dog", "rain", "clock"), 1)]),
        *describer.judge(["loud"]),
    ]
    for reply in replies:
        assert (reply.value is None) != (reply.missing_reason is None)
        assert reply.answer_id
    store = AnswerStore(home)
    (calls,) = store.rows("select count(*) from calls")[0]
    answers = store.with_attempts([reply.answer_id for reply in replies])
    assert all(answer.prompt_tokens and answer.completion_tokens for answer in answers)
    assert len({answer.response_format for answer in answers}) == 1
    again = open_llm_describer(section, home)
    assert again.summarise([captions]) == replies[:1]
    assert store.rows("select count(*) from calls")[0][0] == calls
