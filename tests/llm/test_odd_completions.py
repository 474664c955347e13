"""Whatever comes back with status 200 is an answer, or a failure with a reason."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.dissection import LlmDescriber
from dagster_and.llm import prompts
from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.client import ChatClient, Failure, Sampling
from tests.llm_server import LlmServer, Say, completion, serving

JUDGE = prompts.judge("loud")
YES = '{"answer": "yes"}'


def body(**parts: Any) -> dict[str, Any]:
    """A completion with some of its parts replaced."""
    return completion(Say(YES), "prompt") | parts


def choice(content: Any) -> dict[str, Any]:
    return {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": YES}],
        [{"type": "text", "text": YES[:9]}, {"type": "text", "text": YES[9:]}],
        [{"type": "reasoning", "summary": "Loud can be heard."}, {"type": "text", "text": YES}],
        [YES],
    ],
)
def test_the_parts_that_are_text_are_the_answer(serve, open_describer, content: Any):
    server = serve(lambda *_: Say(body=body(choices=[choice(content)])))
    assert open_describer(server).judge(["loud"])[0].value is True


@pytest.mark.parametrize("tokens", [-5, 2**70, "many", 1.5, True, None, {}])
def test_tokens_that_cannot_be_are_unknown(serve, open_describer, home, tokens: Any):
    usage = {"prompt_tokens": tokens, "completion_tokens": tokens}
    server = serve(lambda *_: Say(body=body(usage=usage)))
    prices = {"usd_per_million_prompt_tokens": 1.0, "usd_per_million_completion_tokens": 1.0}
    assert open_describer(server, **prices).judge(["loud"])[0].value is True
    ((prompt_tokens, cost),) = AnswerStore(home).rows("select prompt_tokens, cost_usd from answers")
    assert (prompt_tokens, cost) == (None, None)


@pytest.mark.parametrize("choices", [{}, {"0": choice(YES)}, "yes", 7, [], [7], ["yes"], [None], [{}], None])
def test_what_holds_no_choice_stops_the_run_with_the_reason(serve, open_describer, choices: Any):
    server = serve(lambda *_: Say(body=body(choices=choices)))
    with pytest.raises(Exception, match="can't be asked: what came back is not a chat completion") as caught:
        open_describer(server, max_retries=0).judge([f"word{i}" for i in range(9)])
    assert "\n" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MESSAGES = st.fixed_dictionaries({}, optional={"role": JSON, "content": JSON, "refusal": JSON, "tool_calls": JSON})
CHOICES = st.fixed_dictionaries({}, optional={"index": JSON, "finish_reason": JSON, "message": MESSAGES | JSON})
USAGES = st.fixed_dictionaries({}, optional={"prompt_tokens": JSON, "completion_tokens": JSON})
BODIES = JSON | st.fixed_dictionaries(
    {}, optional={"choices": st.lists(CHOICES | JSON, max_size=2) | JSON, "usage": USAGES | JSON, "error": JSON}
)


@pytest.fixture(scope="module")
def odd_server() -> Iterator[tuple[LlmServer, list]]:
    """A server that says the last of a list."""
    said: list[Any] = []
    with serving(lambda *_: Say(body=said[-1])) as server:
        yield server, said


@given(answer=BODIES)
def test_any_json_is_an_answer_or_a_failure_with_a_reason(odd_server: tuple[LlmServer, list], answer: Any):
    server, said = odd_server
    said.append("null" if answer is None else answer if not isinstance(answer, str) else repr(answer))
    client = ChatClient(LlmDescriber(kind="llm", base_url=server.url, model="tiny"))
    with suppress(Failure):  # it can't be raised without a sentence
        raw = client.send(JUDGE, Sampling(0, 0, 9), "text")
        assert raw.text.encode() is not None
        assert all(tokens is None or tokens >= 0 for tokens in (raw.prompt_tokens, raw.completion_tokens))
