"""Servers of batches with bad manners: nothing is asked twice that was answered, nothing goes on for ever."""

import json

import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.llm import batch_client, batching
from dagster_and.llm.answers import AnswerStore
from tests.llm.batch_server import BatchServer
from tests.llm_server import Say, error

WORDS = [f"word{i}" for i in range(6)]
ENDPOINTS = ["POST /files", "POST /batches", "GET /batches/ID", "GET /files/ID/content"]
CONTENT = "GET /files/ID/content"


def said(replies) -> list:
    return [reply.value for reply in replies]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "fault",
    [Say(status=429, body="", headers={"retry-after": "0.05"}), Say(status=500, body="oh"), Say(body="<html>"),
     Say(body='{"id": "x', cut_after=5), Say(body="{}", cut_after=0), "late"],
    ids=["429", "500", "web page", "cut", "nothing", "late"],
)  # fmt: skip
def test_a_fault_that_passes_is_waited_out(serve_batches, open_batches, endpoint: str, fault: Say | str):
    server = serve_batches(trouble=lambda what, number: fault if what == endpoint and number <= 2 else None)
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert set(server.asked.values()) == {1}
    assert len(server.batches) == 1
    assert server.orphans() == []


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("status", [429, 500, 401, 400])
def test_a_fault_that_stays_stops_the_run_and_the_next_goes_on(serve_batches, open_batches, endpoint: str, status: int):
    server = serve_batches(trouble=lambda what, _: error(status, "No.") if what == endpoint else None)
    with pytest.raises(UserError, match="No") as caught:
        open_batches(server, max_retries=1).judge(WORDS)
    assert "\n" not in str(caught.value)
    server.trouble = lambda *_: None
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert set(server.asked.values()) == {1}
    assert server.orphans() == []


def test_a_pause_beyond_the_bound_stops_the_run(serve_batches, open_batches):
    busy = Say(status=429, body="", headers={"retry-after": "86400"})
    server = serve_batches(trouble=lambda what, _: busy if what == "POST /batches" else None)
    with pytest.raises(UserError, match=r"asks to wait 86400 s.*longest_wait_s"):
        open_batches(server).judge(WORDS)


def rewritten(server: BatchServer, change) -> None:
    """Have every file of answers come as ``change`` makes it of its lines."""
    add = server.add_file

    def added(name: str, purpose: str, content: bytes):
        lines = content.splitlines()
        return add(name, purpose, content if purpose == "batch" else b"\n".join(change(lines)))

    server.add_file = added


def test_answers_of_nobody_and_answers_twice_change_nothing(serve_batches, open_batches, home):
    def change(lines):
        stranger = json.loads(lines[0]) | {"custom_id": "f" * 32}
        other = json.loads(lines[1])
        other["response"]["body"]["choices"][0]["message"]["content"] = '{"answer": "yes"}'
        odd = [b"[]", b"7", b'{"custom_id": 5}', b"", b"null", json.dumps(stranger).encode()]
        return [*odd, *lines, json.dumps(other).encode()]

    server = serve_batches()
    rewritten(server, change)
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert AnswerStore(home).rows("select count(*), count(distinct answer_id) from answers") == [(6, 6)]
    assert len(server.batches) == 1


def test_a_file_that_is_cut_short_once_is_fetched_again(serve_batches, open_batches):
    server = serve_batches()

    def trouble(what, number):
        if what == CONTENT and number == 1:
            (output,) = [file for file in server.files.values() if file["purpose"] == "batch_output"]
            return Say(body=output["content"][:-300].decode())
        return None

    server.trouble = trouble
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert server.seen[CONTENT] == 2
    assert len(server.batches) == 1


def test_of_a_file_that_stays_cut_short_the_rest_is_asked_again(serve_batches, open_batches):
    server = serve_batches()
    rewritten(server, lambda lines: [*lines[:3], lines[3][:50]] if len(lines) == 6 else lines)
    assert said(open_batches(server, max_retries=1).judge(WORDS)) == [False] * 6
    assert sorted(server.asked.values()) == [1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("loss", ["no id", "gone"])
def test_a_batch_without_its_file_is_asked_again_and_not_for_ever(serve_batches, open_batches, loss: str):
    server = serve_batches()
    if loss == "no id":
        answer = server.answer

        def answer_without_file(batch):
            answer(batch)
            batch["output_file_id"] = None

        server.answer = answer_without_file
    else:
        server.trouble = lambda what, _: error(404, "No such File object.") if what == CONTENT else None
    with pytest.raises(UserError, match="the files of the batch do not hold it"):
        open_batches(server, max_retries=1).judge(WORDS)
    assert len(server.batches) == 1 + batching.AGAIN


def test_a_batch_that_vanishes_is_asked_again(serve_batches, open_batches, home):
    server = serve_batches()
    server.trouble = lambda what, number: server.batches.clear() if what == "GET /batches/ID" and number == 2 else None
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert server.seen["POST /batches"] == 2
    rows = AnswerStore(home).rows("select outcome, count(*) from calls group by outcome order by outcome")
    assert rows == [("answered", 6), ("lost", 6)]


def test_a_batch_that_is_not_seen_everywhere_at_once_is_not_gone(serve_batches, open_batches):
    server = serve_batches(
        trouble=lambda what, number: error(404, "No.") if what == "GET /batches/ID" and number < 3 else None
    )
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert len(server.batches) == 1


def test_what_a_line_says_instead_of_an_answer_is_told(serve_batches, open_batches):
    odd = {
        "word0": Say(body={"choices": 7}),
        "word1": Say(body="text"),
        "word2": Say(body={"choices": [{"_fields_set": 1}]}),
    }
    server = serve_batches(script=lambda body, _: next((say for w, say in odd.items() if w in str(body)), None))
    replies = open_batches(server).judge(WORDS)
    assert all("not a chat completion" in reply.missing_reason for reply in replies[:3])
    assert said(replies[3:]) == [False] * 3


def test_answers_of_an_empty_form_are_failures_with_a_reason(serve_batches, open_batches):
    server = serve_batches()
    rewritten(
        server, lambda lines: [json.dumps({"custom_id": json.loads(line)["custom_id"]}).encode() for line in lines]
    )
    with pytest.raises(UserError, match="the line of the batch: it says nothing"):
        open_batches(server).judge(WORDS)


def test_what_another_one_wanted_stays_for_whom_it_concerns(serve_batches, open_batches, home):
    """A run that is stopped while a batch goes on, and comes back with less, then with all."""
    server = serve_batches(trouble=lambda what, _: error(401, "No.") if what == "GET /batches/ID" else None)
    with pytest.raises(UserError, match="key is not accepted"):
        open_batches(server).judge(WORDS)
    server.trouble = lambda *_: None
    assert said(open_batches(server).judge(WORDS[:2])) == [False] * 2
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert len(server.batches) == 1
    assert AnswerStore(home).rows("select distinct outcome from calls") == [("answered",)]


def test_a_file_whose_questions_nobody_asks_any_more_is_deleted_with_their_calls(serve_batches, open_batches, home):
    server = serve_batches(trouble=lambda what, _: Say(status=500, body="") if what == "POST /batches" else None)
    with pytest.raises(UserError, match="HTTP 500"):
        open_batches(server, max_retries=0).judge(WORDS)
    assert len(server.orphans()) == 1
    server.trouble = lambda *_: None
    assert said(open_batches(server, max_calls=1).judge(["loud"])) == [True]
    assert server.orphans() == []
    assert AnswerStore(home).rows("select outcome from calls") == [("answered",)]


def test_a_file_that_has_not_arrived_whole_is_deleted_and_sent_anew(serve_batches, open_batches):
    """The server has kept half of it, and the run was killed before it knew of any."""
    server = serve_batches(trouble=lambda what, _: "late" if what == "POST /files" else None)
    with pytest.raises(UserError, match="connection failed"):
        open_batches(server, max_retries=0).judge(WORDS)
    (file,) = server.files.values()
    file |= {"content": file["content"][:100], "bytes": 100}
    server.trouble = lambda *_: None
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert server.orphans() == []
    assert len(server.batches) == 1


def test_an_endless_list_is_not_read_to_its_end(serve_batches, open_batches, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(batch_client, "MOST_LISTED", 5)
    endless = Say(body={"object": "list", "data": [{"id": "batch-0"}, {"id": "batch-0"}], "has_more": True})
    server = serve_batches(trouble=lambda what, _: Say(status=500, body="") if what == "POST /batches" else None)
    with pytest.raises(UserError, match="HTTP 500"):
        open_batches(server, max_retries=0).judge(WORDS)
    server.trouble = lambda what, _: endless if what == "GET /batches" else None
    assert said(open_batches(server).judge(WORDS)) == [False] * 6


def test_a_server_that_knows_no_files_and_says_so_with_200_takes_no_batches(serve_batches, open_batches, home):
    unknown = Say(body={"error": "Unexpected endpoint or method. (POST /v1/files)"})
    server = serve_batches(trouble=lambda *_: unknown)
    with pytest.raises(
        UserError, match=r"takes no batches \(.* \(Unexpected endpoint or method\..*\)\): write mode: live"
    ):
        open_batches(server, max_retries=1).judge(WORDS)
    server.trouble = lambda *_: None
    assert said(open_batches(server, mode="live").judge(WORDS)) == [False] * 6
    assert AnswerStore(home).rows("select distinct outcome from calls") == [("answered",)]


@pytest.mark.parametrize("retries", [0, 3])
def test_a_batch_is_found_again_by_its_file_where_metadata_are_dropped(serve_batches, open_batches, retries: int):
    server = serve_batches(
        shown=lambda batch: batch | {"metadata": None},
        trouble=lambda what, number: "late" if what == "POST /batches" and number == 1 else None,
    )
    if not retries:
        with pytest.raises(UserError, match="connection failed"):
            open_batches(server, max_retries=0).judge(WORDS)
    assert said(open_batches(server, max_retries=retries).judge(WORDS)) == [False] * 6
    assert len(server.batches) == 1


def test_a_server_that_takes_smaller_files_gets_smaller_ones(serve_batches, open_batches, home):
    server = serve_batches()
    open_batches(server).judge(["loud"])
    server.most_bytes = round(2.5 * server.files["file-1"]["bytes"])
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert [len(server.of(batch)) for batch in server.batches.values()] == [1] * 7
    assert AnswerStore(home).rows("select outcome, count(*) from calls group by outcome") == [("answered", 7)]
    server.most_bytes = 1
    with pytest.raises(UserError, match="HTTP 413: Payload Too Large"):
        open_batches(server).judge(["quiet"])


@pytest.mark.parametrize("oddity", ["capitals", "no counts", "files come later"])
def test_a_batch_is_read_as_servers_show_it(serve_batches, open_batches, oddity: str):
    looks = []

    def shown(batch):
        looks.append(batch["status"])
        if oddity == "capitals":
            return batch | {"status": batch["status"].upper()}
        if oddity == "no counts":
            return {name: None if name in ("request_counts", "errors") else value for name, value in batch.items()}
        return batch | ({"output_file_id": None} if looks.count("completed") == 1 else {})

    server = serve_batches(shown=shown)
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert len(server.batches) == 1


def test_a_batch_that_somebody_cancels_may_be_spelt_so(serve_batches, open_batches):
    server = serve_batches(ending=lambda batch: "canceled" if batch["id"] == "batch-1" else None)
    assert said(open_batches(server).judge(WORDS)) == [False] * 6
    assert set(server.asked.values()) == {1}


def test_an_account_without_money_stops_the_run_at_the_first_batch(serve_batches, open_batches, home):
    server = serve_batches()
    server.fault = lambda _: ("billing_hard_limit_reached", "Billing hard limit has been reached.", None)
    with pytest.raises(UserError, match=r"no money left: the batch has failed: Billing hard limit.*top the account up"):
        open_batches(server).judge(WORDS)
    assert len(server.batches) == 1
    assert AnswerStore(home).rows("select outcome, count(*) from calls group by outcome") == [("unasked", 6)]
