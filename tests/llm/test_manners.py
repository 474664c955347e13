"""Servers with bad manners: what is repeated, what is found out once, and what stops the run in one sentence."""

import time

import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.llm.answers import AnswerStore
from tests.llm_server import LlmServer, Say, error, usual_answer


def form(body: dict) -> str:
    return body.get("response_format", {"type": "text"})["type"]


def forms(server: LlmServer) -> list[str]:
    return [form(body) for body in server.requests]


@pytest.mark.parametrize("header", ["0.4", "date"])
def test_retry_after_is_honoured_by_all_threads(serve, open_describer, header: str):
    from email.utils import formatdate

    arrivals = []

    def script(body, number):
        arrivals.append(time.monotonic())
        # a date has whole seconds
        stated = header if header == "0.4" else formatdate(time.time() + 2, usegmt=True)
        return Say(status=429, headers={"Retry-After": stated}) if number == 2 else None

    server = serve(script)
    describer = open_describer(server)
    describer.judge(["first"])
    assert [reply.value for reply in describer.judge(["loud"])] == [True]
    assert server.calls == 3
    assert arrivals[2] - arrivals[1] >= (0.4 if header == "0.4" else 0.9)


def test_a_pause_beyond_the_bound_stops_the_run(serve, open_describer):
    server = serve(lambda *_: Say(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(UserError, match=r"asks to wait 86400 s.*longest_wait_s"):
        open_describer(server).judge(["loud"])
    assert server.calls == 1


@pytest.mark.parametrize(
    "fault",
    [
        Say(status=500),
        Say(status=503, body="overloaded"),
        Say('{"answer": "yes"}', cut_after=40),
        Say(cut_after=0),
        Say(body='{"id": "1", "choices": [{"mess'),
        Say(body={"error": {"message": "upstream is down"}}),
        Say(delay_s=1.0),
    ],
    ids=["500", "503", "cut", "cut at once", "truncated JSON", "200 with an error", "hang"],
)
def test_a_fault_that_passes_is_waited_out(serve, open_describer, fault: Say):
    server = serve(lambda _, number: fault if number in (2, 3) else None)
    describer = open_describer(server, timeout_s=0.4)
    describer.judge(["first"])
    (reply,) = describer.judge(["loud"])
    assert reply.value is True
    assert server.calls == 4
    assert set(forms(server)) == {"json_schema"}


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_never_answers_stops_the_run_and_keeps_what_was_answered(serve, open_describer, status: int):
    server = serve(lambda _, number: Say(status=status) if number > 2 else None)
    describer = open_describer(server, concurrency=1, max_retries=1)
    with pytest.raises(UserError, match=rf"HTTP {status}.*All answers so far are kept"):
        describer.judge([f"word{i}" for i in range(50)])
    assert server.calls == 2 + 3 * 2  # three requests, each repeated once, and then no more
    server.script = lambda *_: None
    assert all(reply.value is False for reply in open_describer(server).judge([f"word{i}" for i in range(50)]))
    assert server.calls == 8 + 48


def test_one_request_that_always_fails_is_an_error_with_a_reason_and_is_asked_again_next_time(
    serve, open_describer, home
):
    server = serve(lambda body, _: Say(status=500) if "poison" in body["messages"][1]["content"] else None)
    replies = open_describer(server, concurrency=1, max_retries=1).judge(["loud", "poison", "quiet", "wooden"])
    assert [reply.value for reply in replies] == [True, None, True, False]
    assert (
        replies[1].missing_reason == "error: HTTP 500: Internal Server Error" or "HTTP 500" in replies[1].missing_reason
    )
    server.script = lambda *_: None
    (again,) = open_describer(server).judge(["poison"])
    assert again.value is False
    (kept,) = AnswerStore(home).with_attempts([again.answer_id])
    assert kept.status == "usable"


def test_a_request_that_is_too_long_is_its_own_fault(serve, open_describer):
    refusal = error(400, "This model's maximum context length is 2048 tokens.", code="context_length_exceeded")
    server = serve(lambda body, _: refusal if len(body["messages"][1]["content"]) > 500 else None)
    long, short = open_describer(server, concurrency=1).summarise([("a" * 600,), ("a",)])
    assert long.missing_reason.startswith("error: HTTP 400: This model's maximum context length")
    assert short.value
    assert server.calls == 2


def test_a_connection_that_is_refused_is_said(serve, open_describer, home):
    server = LlmServer("http://127.0.0.1:9/v1", lambda *_: None)
    with pytest.raises(UserError, match=r"tiny at http://127\.0\.0\.1:9/v1 can't be asked"):
        open_describer(server).judge(["loud"])


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "set OPENAI_API_KEY to your key"), (403, "key is not accepted"), (404, "no model 'tiny'"), (402, "money")],
)
def test_what_no_repeat_can_mend_is_said_at_once(serve, open_describer, status: int, words: str):
    server = serve(lambda *_: error(status, "No."))
    with pytest.raises(UserError, match=words) as caught:
        open_describer(server, concurrency=1).judge(["loud", "quiet"])
    assert server.calls == 1
    assert "\n" not in str(caught.value)


def test_a_web_page_is_not_taken_for_an_answer(serve, open_describer):
    server = serve(lambda *_: Say(body="<html>Hello</html>", headers={"content-type": "text/html"}))
    with pytest.raises(UserError, match=r"not a chat completion.*base_url usually ends in /v1"):
        open_describer(server, max_retries=0).judge(["loud"])


@pytest.mark.parametrize(
    ("takes", "refusal", "tries"),
    [
        ("json_object", error(400, "response_format json_schema is not supported"), 1),
        ("json_object", Say(status=500), 2),  # once more, since a 500 may pass
        ("text", error(422, "Extra inputs are not permitted: response_format"), 2),
        ("text", Say(status=500), 4),
    ],
)
def test_the_form_that_a_server_takes_is_found_out_once_and_remembered(
    serve, open_describer, takes: str, refusal: Say, tries: int
):
    def script(body, _):
        if form(body) not in (takes, "text"):
            return refusal
        return Say("Yes.") if form(body) == "text" else Say(usual_answer(body))

    server = serve(script)
    assert all(reply.value is not None for reply in open_describer(server).judge([f"word{i}" for i in range(6)]))
    assert server.calls == tries + 6
    assert forms(server)[tries:] == [takes] * 6
    assert open_describer(server).judge(["loud"])[0].value is True
    assert forms(server)[tries:] == [takes] * 7


def test_a_filters_refusal_says_nothing_of_the_form_that_a_server_takes(serve, open_describer):
    def script(body, number):
        if number == 1:
            return error(400, "Filtered.", code="content_filter")
        return Say(status=500) if form(body) == "json_schema" else None

    server = serve(script)
    refused, good = open_describer(server, concurrency=1, max_attempts=1).judge(["bad", "loud"])
    assert refused.missing_reason == "refused: HTTP 400: Filtered."
    assert good.value is True
    assert forms(server) == ["json_schema"] * 3 + ["json_object"]


def test_a_server_that_has_lost_its_best_form_is_asked_anew(serve, open_describer):
    server = serve()
    describer = open_describer(server)
    describer.judge(["loud"])
    server.script = lambda body, _: error(400, "json_schema: unknown") if form(body) == "json_schema" else None
    assert describer.judge(["quiet"])[0].value is True
    assert forms(server)[-1] == "json_object"


@pytest.mark.parametrize(
    ("parameter", "code"), [("max_tokens", "unsupported_parameter"), ("temperature", "unsupported_value")]
)
def test_a_parameter_that_a_model_does_not_know_is_left_out(serve, open_describer, parameter: str, code: str):
    refusal = error(400, f"Unsupported: {parameter}", param=parameter, code=code)
    server = serve(lambda body, _: refusal if parameter in body else None)
    assert open_describer(server).judge(["loud"])[0].value is True
    assert open_describer(server).judge(["quiet"])[0].value is True
    assert server.calls == 3
    assert ("max_completion_tokens" in server.requests[-1]) == (parameter == "max_tokens")


def test_what_is_in_flight_when_the_run_stops_is_kept(serve, open_describer, home):
    server = serve(lambda body, number: error(401, "No.") if number == 4 else Say(usual_answer(body), delay_s=0.2))
    with pytest.raises(UserError, match="key is not accepted"):
        open_describer(server, concurrency=3).judge([f"word{i}" for i in range(30)])
    assert server.calls <= 6
    assert AnswerStore(home).rows("select count(*) from answers")[0][0] == server.calls - 1
