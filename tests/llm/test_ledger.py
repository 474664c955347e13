"""Ceilings hold exactly and lose nothing; estimates say what is left."""

import pytest
from pydantic import ValidationError

from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.errors import UserError
from dagster_and.llm.answers import AnswerStore

WORDS = [f"word{i}" for i in range(20)]
PRICES = {"usd_per_million_prompt_tokens": 1000.0, "usd_per_million_completion_tokens": 2000.0}


def kept(home) -> int:
    return AnswerStore(home).rows("select count(*) from answers")[0][0]


def test_a_ceiling_of_calls_stops_there_and_a_higher_one_goes_on(serve, open_describer, home):
    server = serve()
    with pytest.raises(UserError, match=r"max_calls is 7, and 7 calls.*raise the ceiling"):
        open_describer(server, max_calls=7).judge(WORDS)
    assert server.calls == kept(home) == 7
    with pytest.raises(UserError, match="ceiling"):
        open_describer(server, max_calls=7).judge(WORDS)
    assert server.calls == 7
    assert len(open_describer(server, max_calls=20).judge(WORDS)) == 20
    assert server.calls == 20


def test_what_is_answered_needs_no_room_under_the_ceiling(serve, open_describer):
    server = serve()
    replies = open_describer(server).judge(WORDS)
    assert open_describer(server, max_calls=0).judge(WORDS) == replies


def test_a_ceiling_counts_one_dissection(serve, open_describer):
    server = serve()
    open_describer(server, "one").judge(WORDS[:5])
    open_describer(server, "two", max_calls=5).judge(WORDS[5:10])
    assert server.calls == 10


def test_a_ceiling_of_money_is_never_passed(serve, open_describer, home):
    server = serve(delay_s=0.01)
    describer = open_describer(server, max_cost_usd=4.0, max_tokens=100, **PRICES)
    with pytest.raises(UserError, match=r"max_cost_usd is 4, and \$"):
        describer.judge(WORDS)
    (spent,) = describer.spent()
    assert 0 < spent.calls == kept(home) < 20
    assert 0 < spent.cost_usd <= 4.0
    assert spent.cost_usd == pytest.approx(spent.prompt_tokens / 1e3 + spent.completion_tokens * 2e-3)


def test_money_needs_prices():
    for settings in ({"max_cost_usd": 1}, {"usd_per_million_prompt_tokens": 1}):
        with pytest.raises(ValidationError, match="prices come in pairs"):
            LlmDescriber(kind="llm", base_url="http://h/v1", model="m", **settings)


def test_an_estimate_calls_nothing_and_knows_what_is_answered(serve, open_describer):
    server = serve()
    describer = open_describer(server, **PRICES)
    requests = describer.adjective_requests(["loud", "quiet", "loud", "wooden"])
    before = describer.estimate(requests)
    assert (before.requests, before.answered, before.calls) == (3, 0, 3)
    assert server.calls == 0
    describer.judge(["loud", "quiet"])
    after = describer.estimate(requests)
    assert (after.requests, after.answered, after.calls) == (3, 2, 1)
    spent = describer.spent()[0]
    describer.judge(["wooden"])
    (whole,) = describer.spent()
    assert after.prompt_tokens == pytest.approx(whole.prompt_tokens - spent.prompt_tokens, rel=0.2)
    assert 0.3 < before.prompt_tokens / whole.prompt_tokens < 3
    assert describer.estimate(requests).calls == 0


def test_the_ledger_counts_every_call_that_was_sent(serve, open_describer):
    from tests.llm_server import Say

    server = serve(lambda _, number: Say(status=503) if number == 2 else None)
    describer = open_describer(server)
    describer.judge(["loud", "quiet"])
    describer.summarise([("a",)])
    assert {spent.task: spent.calls for spent in describer.spent()} == {"judge": 3, "summarise": 1}
    assert server.calls == 4
