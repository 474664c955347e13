"""Which folders can be a home."""

import os
from pathlib import Path

import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home, expanded


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (b"caf\xe9", "not UTF-8"),
        (b"a\nb", "can't be printed"),
        (b"a\x1b[31mb", "can't be printed"),
        ("a\u202eb".encode(), "can't be printed"),
        (b"a?b", "question mark"),
        (b"x" * 256, "too long"),
        (b"x/" * 2000, "too long"),
    ],
)
def test_a_home_that_something_could_not_hold_is_refused_in_one_line(
    name: bytes, why: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AND_HOME", os.fsdecode(b"/tmp/" + name))
    with pytest.raises(UserError, match=f"AND_HOME is .*{why}.*: set it to a folder of yours") as caught:
        Home.from_environment()
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["a b", "a'b", "ü漢", "a{b}[c]", "a%b#c", "x" * 255])
def test_any_other_home_is_taken_as_it_is(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_HOME", f"/tmp/{name}")
    assert Home.from_environment().root == Path("/tmp", name)


@pytest.mark.parametrize("url", ["data/lake", "/data/lake", "file:///data/lake", "s3:bucket", "s3://a b", "S3://a"])
def test_a_lake_that_is_no_url_is_refused_with_what_to_write(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_LAKE", url)
    with pytest.raises(UserError, match=r"AND_LAKE is .*: write a URL such as s3://bucket/prefix, or leave it out"):
        Home.from_environment()


@pytest.mark.parametrize(("said", "taken"), [("", None), ("s3://bucket/a/", "s3://bucket/a"), ("gs://b", "gs://b")])
def test_a_lake_lies_in_the_home_or_beyond_its_url(said: str, taken: str | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_HOME", "/somewhere")
    monkeypatch.setenv("AND_LAKE", said)
    home = Home.from_environment()
    assert home.lake_url == taken
    assert home.lake_place == (taken or "/somewhere/lake")


def test_the_home_of_a_user_who_is_not_there_is_a_folder_of_that_name(monkeypatch: pytest.MonkeyPatch):
    assert expanded("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")
    monkeypatch.setenv("HOME", "/somewhere")
    assert expanded("~/x") == Path("/somewhere/x")


def test_what_lies_within_a_home_is_said_alike_wherever_the_home_lies():
    def said(root: str) -> object:
        return Home(Path(root)).portable(
            {"path": f"{root}/cache/a.wav", "other": [f"{root}2/a.wav", "owner/name", 3, None]}
        )

    assert said("/one") == {"path": "$AND_HOME/cache/a.wav", "other": ["/one2/a.wav", "owner/name", 3, None]}
    assert said("/one")["path"] == said("/else/where")["path"]
