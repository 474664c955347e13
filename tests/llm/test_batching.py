"""Questions in batches: the same answers as live, at the price of a batch, in as few batches as the limits allow."""

import json
import threading

import pytest
from pydantic import ValidationError

from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.errors import UserError
from dagster_and.llm import batch_lines, batching
from dagster_and.llm.answers import AnswerStore
from tests.llm_server import Say, error

WORDS = [f"word{i}" for i in range(20)]
PRICES = {"usd_per_million_prompt_tokens": 1000.0, "usd_per_million_completion_tokens": 2000.0}


def sizes(server) -> list[int]:
    return [len(server.of(batch)) for batch in server.batches.values()]


def open_lines(home) -> int:
    return AnswerStore(home).rows("select count(*) from batch_lines where is_open = 1")[0][0]


def test_what_is_answered_in_a_batch_is_what_is_answered_live(serve, serve_batches, open_describer, open_batches):
    batches = serve_batches()
    captions = [("a dog", "a cat"), ("a cat", "a dog"), (), ("rain",)]
    live, batch = open_describer(serve()), open_batches(batches, "mine")
    assert [r.value for r in batch.summarise(captions)] == [r.value for r in live.summarise(captions)]
    assert [r.value for r in batch.judge([*WORDS, "loud"])] == [r.value for r in live.judge([*WORDS, "loud"])]
    assert sizes(batches) == [2, 21]
    assert [batch["metadata"]["dissection"] for batch in batches.batches.values()] == ["mine"] * 2
    assert [batch["metadata"]["task"] for batch in batches.batches.values()] == ["summarise", "judge"]


def test_a_second_run_asks_nothing_whichever_mode(serve_batches, open_batches, open_describer, home):
    server = serve_batches()
    replies = open_batches(server).judge(WORDS)
    assert open_batches(server).judge(WORDS) == open_describer(server).judge(WORDS) == replies
    assert sizes(server) == [20]
    assert open_lines(home) == 0
    assert server.orphans() == []


def test_the_limits_of_a_file_split_the_questions(serve_batches, open_batches, monkeypatch: pytest.MonkeyPatch):
    server = serve_batches()
    monkeypatch.setattr(batch_lines, "MOST_REQUESTS", 8)
    assert all(reply.value is False for reply in open_batches(server).judge(WORDS))
    assert sizes(server) == [8, 8, 4]
    line = len(server.files["file-1"]["content"].splitlines()[0])
    monkeypatch.setattr(batch_lines, "MOST_BYTES", 5 * (line + 2))
    open_batches(server).judge([f"term{i}" for i in range(12)])
    assert sizes(server)[3:] == [5, 5, 2]


def test_an_unusable_answer_is_asked_for_again_in_the_next_batch(serve_batches, open_batches, home):
    def script(body, _):
        return Say("") if "word3" in body["messages"][1]["content"] and body["seed"] < 2 else None

    server = serve_batches(script=script)
    replies = open_batches(server, max_attempts=3).judge(WORDS)
    assert all(reply.value is False for reply in replies)
    assert sizes(server) == [20, 1, 1]
    attempts = AnswerStore(home).with_attempts([replies[3].answer_id])
    assert [(a.attempt, a.status, a.seed, a.temperature) for a in attempts] == [
        (1, "empty", 0, 0.0), (2, "empty", 1, 0.7), (3, "usable", 2, 0.7),
    ]  # fmt: skip


def test_what_never_becomes_usable_has_its_reason(serve_batches, open_batches):
    server = serve_batches(script=lambda body, _: Say("maybe") if "word0" in str(body["messages"]) else None)
    reply, good = open_batches(server, max_attempts=2).judge(["word0", "loud"])
    assert reply.missing_reason == "unparsable: The answer does not say plainly one of yes, no."
    assert good.value is True


def test_a_filters_refusal_is_an_answer(serve_batches, open_batches):
    filtered = error(400, "The prompt was filtered.", code="content_filter")
    server = serve_batches(script=lambda body, _: filtered if "word0" in str(body["messages"]) else None)
    reply, _ = open_batches(server, max_attempts=1).judge(["word0", "loud"])
    assert reply.missing_reason == "refused: HTTP 400: The prompt was filtered."


def test_lines_that_fail_are_told_as_live_ones_and_those_that_may_pass_asked_again(serve_batches, open_batches):
    long = error(400, "This model's maximum context length is 2048 tokens.")

    def script(body, number):
        text = body["messages"][1]["content"]
        return long if "word0" in text else error(500, "Oh.") if "word1" in text and number < 10 else None

    server = serve_batches(script=script)
    replies = open_batches(server).judge(WORDS[:4])
    assert replies[0].missing_reason == "error: HTTP 400: This model's maximum context length is 2048 tokens."
    assert replies[1].missing_reason == "error: HTTP 500: Oh."
    assert [reply.value for reply in replies[2:]] == [False, False]
    assert sizes(server) == [4] + [1] * batching.AGAIN
    (again,) = open_batches(server).judge(["word0"])
    assert again.missing_reason.startswith("error")
    assert sizes(server)[-1] == 1


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_of_a_batch_that_ends_early_what_is_finished_is_kept_and_the_rest_asked_again(
    serve_batches, open_batches, ending: str
):
    server = serve_batches(ending=lambda batch: ending if batch["id"] == "batch-1" else None)
    describer = open_batches(server, **PRICES, batch_discount=0.5)
    assert all(reply.value is False for reply in describer.judge(WORDS))
    assert sizes(server) == [20, 10]
    assert set(server.asked.values()) == {1}
    (spent,) = describer.spent()
    assert spent.calls == 30
    assert spent.cost_usd == pytest.approx((spent.prompt_tokens + 2 * spent.completion_tokens) / 2e3)


def test_a_batch_that_expires_every_time_stops_after_a_bounded_number(serve_batches, open_batches, home):
    server = serve_batches(ending=lambda _: "expired")
    with pytest.raises(UserError, match=r"tiny at .* can't be asked: batch_expired: The batch has expired"):
        open_batches(server).judge(["loud"])
    assert sizes(server) == [1] * (1 + batching.AGAIN)
    server.ending = lambda _: None
    assert open_batches(server).judge(["loud"])[0].value is True


def test_a_file_that_is_refused_stops_the_run_with_the_reason(serve_batches, open_batches, home):
    server = serve_batches(model="another")
    with pytest.raises(
        UserError, match=r"can't be asked: the batch has failed: The model `tiny` does not exist\. \(line 1\)"
    ):
        open_batches(server).judge(WORDS)
    assert sizes(server) == [20] * (1 + batching.AGAIN)
    assert open_lines(home) == 0


def test_a_queue_without_room_is_waited_for_or_asked_for_less(
    serve_batches, open_batches, monkeypatch: pytest.MonkeyPatch
):
    server = serve_batches(most_enqueued=7)
    assert all(reply.value is False for reply in open_batches(server).judge(WORDS))
    assert (
        max(size for size, batch in zip(sizes(server), server.batches.values(), strict=True) if not batch["errors"])
        <= 7
    )
    assert set(server.asked.values()) == {1}


def test_a_queue_that_never_has_room_stops_the_run(serve_batches, open_batches):
    server = serve_batches(most_enqueued=0)
    with pytest.raises(UserError, match="Enqueued token limit reached"):
        open_batches(server).judge(WORDS)
    assert server.asked == {}


def test_a_ceiling_of_calls_splits_and_then_stops(serve_batches, open_batches):
    server = serve_batches()
    with pytest.raises(UserError, match=r"max_calls is 7, and 7 calls.*raise the ceiling"):
        open_batches(server, max_calls=7).judge(WORDS)
    assert sizes(server) == [7]
    assert len(open_batches(server, max_calls=20).judge(WORDS)) == 20
    assert sizes(server) == [7, 13]


def test_a_ceiling_of_money_splits_a_batch_and_is_never_passed(serve_batches, open_batches, home):
    server = serve_batches()
    spends = []

    def trouble(what, _):
        if what == "POST /batches":
            spends.append(AnswerStore(home).rows("select sum(cost_usd) from calls")[0][0])

    server.trouble = trouble
    describer = open_batches(server, max_cost_usd=3.0, max_tokens=100, **PRICES, batch_discount=0.5)
    assert len(describer.judge(WORDS)) == 20
    assert len(sizes(server)) > 1
    assert max(spends) <= 3.0
    assert describer.spent()[0].cost_usd <= 3.0
    with pytest.raises(UserError, match=r"max_cost_usd is 0\.01"):
        open_batches(server, max_cost_usd=0.01, **PRICES, batch_discount=0.5).judge(["other"])


def test_a_batch_costs_less_by_its_discount(serve_batches, open_batches, open_describer):
    server = serve_batches()
    live = open_describer(server, **PRICES)
    batch = open_batches(server, **PRICES, batch_discount=0.5)
    requests = live.adjective_requests(WORDS)
    assert batch.estimate(requests).cost_usd == pytest.approx(live.estimate(requests).cost_usd / 2)


def test_prices_of_a_batch_are_said_plainly():
    section = {"kind": "llm", "base_url": "http://h/v1", "model": "m"}
    with pytest.raises(ValidationError, match=r"batch_discount is needed; write 0\.5"):
        LlmDescriber(**section, mode="batch", **PRICES)
    with pytest.raises(ValidationError, match="batch_discount belongs to mode: batch"):
        LlmDescriber(**section, batch_discount=0.5)
    assert LlmDescriber(**section, mode="batch").batch_discount is None


def test_threads_that_ask_the_same_share_the_batch(serve_batches, open_batches):
    server = serve_batches()
    describer, replies = open_batches(server), []
    threads = [threading.Thread(target=lambda: replies.extend(describer.judge(WORDS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 80
    assert set(server.asked.values()) == {1}


def test_another_dissection_waits_for_the_same_question(serve_batches, open_batches, home):
    server = serve_batches()
    first, second = open_batches(server, "one"), open_batches(server, "two")
    threads = [threading.Thread(target=lambda d=d: d.judge(WORDS)) for d in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(server.asked.values()) == {1}
    assert sum(spent.calls for spent in [*first.spent(), *second.spent()]) == 20


def test_the_form_that_a_server_takes_is_found_out_by_batches(serve_batches, open_batches):
    def script(body, _):
        if body.get("response_format", {}).get("type") == "json_schema":
            return error(400, "response_format json_schema is not supported")
        return error(400, "Unsupported.", param="seed", code="unsupported_parameter") if "seed" in body else None

    server = serve_batches(script=script)
    assert all(reply.value is False for reply in open_batches(server).judge(WORDS))
    assert sizes(server) == [20, 20, 20]
    assert open_batches(server).judge(["loud"])[0].value is True
    assert sizes(server)[3:] == [1]


def test_a_server_that_has_no_batches_is_said_to_have_none(serve_batches, open_batches, home):
    server = serve_batches(trouble=lambda *_: error(404, "Not Found"))
    with pytest.raises(UserError, match=r"takes no batches \(HTTP 404: Not Found\): write mode: live"):
        open_batches(server).judge(WORDS)
    assert AnswerStore(home).rows("select count(*) from calls")[0][0] == 0


def test_it_says_what_is_under_way_and_that_one_may_leave(serve_batches, open_batches, capfd):
    open_batches(serve_batches(), "mine").judge(WORDS)
    assert "judging adjectives: 20 requests in 1 batch (batch-1) at http" in capfd.readouterr().err


def test_the_key_reaches_neither_files_nor_batches(serve_batches, open_batches, home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_KEY", "sk-test-SECRET-4711")
    echo = error(400, "The key sk-test-SECRET-4711 is bad.")
    server = serve_batches(script=lambda body, _: echo if "word0" in str(body) else Say('{"answer": "no"} SECRET'))
    replies = open_batches(server, api_key_env="MY_KEY").judge(WORDS[:3])
    assert server.authorizations == {"Bearer sk-test-SECRET-4711"}
    assert "[key removed]" in replies[0].missing_reason
    held = json.dumps([file["content"].decode() for file in server.files.values() if file["purpose"] == "batch"])
    assert "SECRET" not in held + json.dumps(list(server.batches.values()))
    assert [path for path in home.root.rglob("*") if path.is_file() and b"sk-test-SECRET" in path.read_bytes()] == []
