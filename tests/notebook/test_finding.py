"""Finding neurons by words and by meaning: in Python, and as ``dissect find``."""

from io import StringIO

import duckdb
import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

import dagster_and as and_
from dagster_and.cli import app
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.notebook import Dissected
from tests.explorer.conftest import HOSTILE, TINY


def ids(found) -> list[int]:
    return found["neuron_id"].to_list()


def test_all_words_have_to_be_said(tiny: Dissected):
    assert ids(tiny.find("BARK loud")) == [0]
    assert ids(tiny.find("bark nothing")) == []
    assert tiny.find("bark nothing").schema.keys() >= {"neuron_id", "statement", "trust"}
    assert set(ids(tiny.find("", concept="dog"))) == {0, 4}
    assert ids(tiny.find("", verdict="dead")) == [2]
    assert ids(tiny.find("bark", block=1, sublayer="head")) == [n for n in ids(tiny.find("bark")) if n >= 4]


def test_no_more_come_than_asked_for_and_the_best_come_first(tiny: Dissected):
    everything = ids(tiny.find("", n=100))
    assert sorted(everything) == list(range(6))
    assert ids(tiny.find("", n=2)) == everything[:2]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [({"by": "magic"}, "write one of words, meaning"), ({"block": 1}, "write both"), ({"n": 0}, "at least 1")],
)
def test_what_makes_no_sense_is_refused(tiny: Dissected, asked: dict, sentence: str):
    with pytest.raises(UserError, match=sentence):
        tiny.find("bark", **asked)


@pytest.mark.slow
def test_a_meaning_is_found_in_other_words(own: Home):
    tiny = and_.open(own.root)[TINY]
    assert tiny.find("a canine", by="words").is_empty()
    said = tiny.find("a canine", n=3, by="meaning").select(pl.coalesce("statement", "label", "description"))
    said = said.to_series().to_list()
    assert len(said) == 3
    assert all("dog" in statement.lower() for statement in said)


def dissect(home: Home, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setenv("AND_HOME", str(home.root))
    told = StringIO()
    monkeypatch.setattr("dagster_and.cli.finding.console", Console(file=told, soft_wrap=True, width=200))
    done = CliRunner().invoke(app, ["find", *arguments])
    return done.exit_code, told.getvalue() + done.output


def test_the_command_finds_in_every_dissection_or_in_one(built: Home, monkeypatch: pytest.MonkeyPatch):
    code, printed = dissect(built, monkeypatch, "bark", "--dissection", TINY)
    assert code == 0
    assert "A dog; also barks that are not loud." in printed
    assert HOSTILE not in printed
    code, printed = dissect(built, monkeypatch, "alert")
    assert code == 0
    assert HOSTILE in printed
    assert "<script>alert('x')</script>" in printed
    code, printed = dissect(built, monkeypatch, "xylophone")
    assert code == 0
    assert "No neuron of any dissection is said to be 'xylophone'; --meaning looks for" in printed


def test_the_command_says_what_is_missing(built: Home, tmp_path, monkeypatch: pytest.MonkeyPatch):
    code, printed = dissect(Home(tmp_path), monkeypatch, "bark")
    assert code == 1
    assert "There is no warehouse" in printed
    code, printed = dissect(built, monkeypatch, "bark", "--dissection", "none")
    assert code == 1
    assert "no dissection 'none'" in printed


def test_a_text_with_brackets_is_printed_as_it_is(own: Home, monkeypatch: pytest.MonkeyPatch):
    with duckdb.connect(str(own.warehouse)) as warehouse:
        warehouse.execute("update neuron_descriptions set statement = 'A [bold] whistle.' where neuron_id = 0")
    assert "A [bold] whistle." in dissect(own, monkeypatch, "whistle")[1]
