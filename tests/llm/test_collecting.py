"""The table ``answers``: what a dissection names, every attempt at it, and nothing of another one's."""

import polars as pl

from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ANSWERS, CLIP_CAPTIONS
from dagster_and.llm.collecting import NAMING, by_task, collect, spent_frame
from tests.llm_server import Say


def test_every_table_that_rests_on_answers_is_looked_at():
    assert CLIP_CAPTIONS in NAMING
    assert ANSWERS not in NAMING


def test_named_answers_come_with_their_attempts_and_fit_the_contract(serve, open_describer, home):
    server = serve(lambda _, number: Say("") if number == 1 else None)
    describer = open_describer(server, concurrency=1)
    named = [reply.answer_id for reply in describer.judge(["loud", "quiet"])]
    describer.judge(["of another dissection"])
    table = collect(home, [pl.DataFrame({"answer_id": [*named, None]}), pl.DataFrame({"answer_id": named[:1]})])
    assert set(table["answer_id"]) > set(named)
    assert sorted(table["status"]) == ["empty", "usable", "usable"]
    (line,) = by_task(table).rows(named=True)
    assert (line["task"], line["answers"], line["unusable"], line["cost_usd"]) == ("judge", 3, 1, None)
    assert Lake(home.lake).write(ANSWERS, "mine", table, Stamp("x", {})) == 3


def test_what_was_spent_is_told_by_task(serve, open_describer):
    describer = open_describer(serve())
    describer.judge(["loud", "quiet"])
    describer.summarise([("a",)])
    assert spent_frame(describer, "judge")["calls"].to_list() == [2]
    assert spent_frame(object(), "judge").height == 0


def test_where_no_model_was_asked_the_table_is_empty_and_no_store_is_made(home):
    table = collect(home, [pl.DataFrame({"answer_id": [None]}, schema={"answer_id": pl.String})])
    assert table.height == 0
    assert table.schema == ANSWERS.frame_schema
    assert not home.root.exists()
