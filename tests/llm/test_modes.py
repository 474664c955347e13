"""Live, in batches and in files by turns, or at once: what one mode has under way no other asks again."""

import sqlite3
import threading
import time
from collections.abc import Callable

import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.batch_store import BatchStore
from dagster_and.llm.claims import Claims
from tests.llm.batch_server import BatchServer
from tests.llm.test_batching import PRICES, open_lines, sizes
from tests.llm_server import Say, error

WORDS = [f"word{i}" for i in range(6)]


@pytest.fixture
def under_way(serve_batches, open_batches) -> Callable[..., BatchServer]:
    """A server that has a batch under way, of a run that was stopped while it waited."""

    def left(**settings) -> BatchServer:
        server = serve_batches(trouble=lambda what, _: error(401, "No.") if what == "GET /batches/ID" else None)
        with pytest.raises(UserError, match="key is not accepted"):
            open_batches(server, **settings).judge(WORDS)
        server.trouble = lambda *_: None
        assert sizes(server) == [6]
        return server

    return left


def values(replies) -> list:
    return [reply.value for reply in replies]


def test_what_a_batch_holds_is_waited_for_live_and_what_none_holds_is_asked(under_way, open_describer, home, capfd):
    server = under_way()
    assert values(open_describer(server).judge([*WORDS, "loud"])) == [False] * 6 + [True]
    assert set(server.asked.values()) == {1}
    assert len(server.asked) == 6
    assert ["loud" in str(body) for body in server.live] == [True]
    assert open_lines(home) == 0
    said = capfd.readouterr().err
    assert f"6 requests in 1 batch (batch-1) at {server.url}" in said
    assert f'`curl -X POST -H "Authorization: Bearer $OPENAI_API_KEY" {server.url}/batches/batch-1/cancel`' in said


def test_an_answer_of_a_batch_costs_what_a_batch_costs_whoever_fetches_it(under_way, open_describer):
    server = under_way(**PRICES, batch_discount=0.75)
    live = open_describer(server, **PRICES)
    live.judge(WORDS)
    (spent,) = live.spent()
    assert spent.cost_usd == pytest.approx((spent.prompt_tokens + 2 * spent.completion_tokens) / 4e3)


def test_unusable_answers_of_a_batch_are_asked_for_again_live(under_way, open_describer):
    server = under_way()
    server.script = lambda body, _: Say("maybe") if "word3" in str(body["messages"]) and body["seed"] == 0 else None
    assert values(open_describer(server).judge(WORDS)) == [False] * 6
    assert [body["seed"] for body in server.live] == [1]


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_what_a_batch_does_not_come_to_is_asked_live(under_way, open_describer, home, ending: str):
    server = under_way()
    server.ending = lambda _: ending
    assert values(open_describer(server).judge(WORDS)) == [False] * 6
    assert (len(server.asked), len(server.live), sizes(server)) == (3, 3, [6])
    rows = AnswerStore(home).rows("select outcome, count(*) from calls group by outcome order by outcome")
    assert rows == [("answered", 6), ("unasked", 3)]


def refuse(server: BatchServer) -> None:
    server.fault = lambda _: ("invalid_request", "No.", 1)


def crowd(server: BatchServer) -> None:
    server.fault = lambda _: ("token_limit_exceeded", "Full.", None)


@pytest.mark.parametrize("end", [refuse, crowd, lambda server: server.batches.clear()], ids=["failed", "full", "gone"])
def test_the_questions_of_a_batch_that_comes_to_nothing_are_asked_live(under_way, open_describer, home, end):
    server = under_way()
    end(server)
    assert values(open_describer(server).judge(WORDS)) == [False] * 6
    assert (len(server.asked), len(server.live)) == (0, 6)
    assert open_lines(home) == 0


def test_a_file_that_was_sent_and_not_made_a_batch_of_is_withdrawn_live(
    serve_batches, open_batches, open_describer, home
):
    server = serve_batches(trouble=lambda what, _: Say(status=500, body="") if what == "POST /batches" else None)
    with pytest.raises(UserError, match="HTTP 500"):
        open_batches(server, max_retries=0).judge(WORDS)
    server.trouble = lambda *_: None
    assert values(open_describer(server).judge(WORDS)) == [False] * 6
    assert (server.batches, server.orphans(), len(server.live)) == ({}, [], 6)
    assert AnswerStore(home).rows("select outcome, count(*) from calls group by outcome") == [("answered", 6)]


def in_threads(*works: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    return threads


def test_a_batch_leaves_out_what_is_being_asked_live_and_waits_for_it(serve_batches, open_batches, open_describer):
    server = serve_batches(script=lambda *_: Say('{"answer": "no"}', delay_s=0.5))
    (thread,) = in_threads(lambda: open_describer(server, "one", concurrency=6).judge(WORDS))
    while not server.live:
        time.sleep(0.005)
    found = open_batches(server, "two").judge([*WORDS, "dull"])
    thread.join()
    assert values(found) == [False] * 7
    assert sizes(server) == [1]
    assert len(server.live) == 6


def test_two_dissections_ask_live_what_both_want_once(serve, open_describer):
    server = serve(delay_s=0.05)
    both = [open_describer(server, name, concurrency=2) for name in ("one", "two")]
    for thread in in_threads(*(lambda one=one: one.judge(WORDS) for one in both)):
        thread.join()
    assert server.calls == 6


@pytest.mark.parametrize("mode", ["live", "batch"])
def test_what_a_killed_run_was_asking_is_nobodys(serve_batches, open_describer, home, mode: str):
    server = serve_batches()
    open_describer(server).judge(["loud"])
    with sqlite3.connect(home.root / "answers.sqlite") as store:
        store.execute("insert into claims select request_id, 'gone' from answers")
        store.execute("delete from answers")
    store.close()
    assert values(open_describer(server, mode=mode).judge(["loud"])) == [True]
    assert AnswerStore(home).rows("select count(*) from claims") == [(0,)]
    assert not list((home.root / ".asking").iterdir())


@pytest.mark.parametrize("mode", ["live", "batch"])
def test_files_that_wait_for_answers_are_said_to_wait_in_any_mode(serve_batches, open_describer, home, mode: str):
    server = serve_batches()
    with pytest.raises(UserError, match="have them answered by `vllm run-batch"):
        open_describer(server, mode="file").judge(WORDS)
    with pytest.raises(UserError, match=f"in mode: file; without the files they are asked in mode: {mode}"):
        open_describer(server, mode=mode).judge(WORDS)
    (questions,) = (home.root / "batches").iterdir()
    questions.unlink()
    assert values(open_describer(server, mode=mode).judge(WORDS)) == [False] * 6


def test_a_batch_is_waited_for_in_mode_file(under_way, open_describer, home):
    server = under_way()
    assert values(open_describer(server, mode="file").judge(WORDS)) == [False] * 6
    assert not (home.root / "batches").exists()


def test_a_store_of_an_earlier_version_knows_which_batches_lie_in_the_folder(home):
    store = AnswerStore(home)
    BatchStore(store)
    with store.writing() as connection:
        for column in ("mode", "discount"):
            connection.execute(f"alter table batches drop column {column}")
        row = "insert into batches values (?, 'd', 's', 'm', 'judge', 'text', 1, 1, '2026-01-01', 'f', ?)"
        connection.executemany(row, [("a", "dissect-a.jsonl"), ("b", "batch-1")])
    BatchStore(store)
    assert store.rows("select batch_key, mode, discount from batches") == [("a", "file", None), ("b", "batch", None)]


def test_claims_last_as_long_as_the_block(home, open_describer, serve):
    asker = open_describer(serve())._asker
    claims = Claims(asker.store, asker._batching.kept, asker._attempts)
    with claims.taken(["a", "b"]) as ours, claims.taken(["b", "c"]) as others:
        assert (ours, others) == ({"a", "b"}, {"c"})
        assert claims.held(["a", "b", "c", "d"]) == {"a", "b", "c"}
    assert claims.held(["a", "b", "c"]) == set()
