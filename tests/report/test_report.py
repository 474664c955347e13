"""A report is one file that holds all it shows, whose every text is escaped, and which may be mailed."""

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.report import writing
from dagster_and.report.writing import report, write_report
from tests.explorer.conftest import HOSTILE, TINY

VOID = {"meta", "link", "br", "img", "input", "hr"}
DRAWN_WITHIN = {"line", "circle", "rect"}
each = pytest.mark.parametrize("name", [TINY, HOSTILE])


class Page(HTMLParser):
    """Every tag with its attributes, and what is wrong with how tags are nested."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += [f"{tag} is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.wrong.append(f"{tag} has an attribute twice: {attrs}")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in DRAWN_WITHIN:
            self.wrong.append(f"{tag} can't close itself")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"{tag} is closed at {self.getpos()} and was not open")


@each
def test_every_tag_is_closed_where_it_was_opened_and_every_id_is_one(reports: dict[str, Path], name: str):
    page = Page(reports[name].read_text(encoding="utf-8"))
    assert page.wrong == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a}
    wanted |= {str(a["href"]).removeprefix("#") for _, a in page.tags if "href" in a}
    assert wanted <= set(ids)


@each
def test_it_holds_all_that_it_shows_and_runs_nothing(reports: dict[str, Path], name: str):
    page = Page(reports[name].read_text(encoding="utf-8"))
    assert [tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "object", "embed", "form")] == []
    assert [a["src"] for _, a in page.tags if not str(a.get("src", "data:")).startswith("data:")] == []
    assert [a["href"] for _, a in page.tags if not str(a.get("href", "#")).startswith("#")] == []
    assert [a for _, a in page.tags for key in a if key.startswith("on") or key == "style"] == []
    assert any(tag == "audio" for tag, _ in page.tags)
    assert sum(str(a.get("alt")).startswith("Figure: ") for _, a in page.tags) > 3


def test_hostile_text_is_shown_as_it_is(reports: dict[str, Path]):
    text = reports[HOSTILE].read_text(encoding="utf-8")
    assert "alert(" in text
    for mark in ("<script", "<img src=x", "hos'tile & <b>", "<i>neurons_suite", "42 "):
        assert mark not in text, mark
    assert "\u202e" not in re.sub(r"<bdi>[^<]*</bdi>", "", text)


@pytest.fixture(scope="module")
def whole(built: Home) -> str:
    """A report of which nobody knows what the checks said."""
    return report(built, TINY)


def test_it_may_be_mailed_and_says_what_it_leaves_out(built: Home, whole: str, monkeypatch: pytest.MonkeyPatch):
    size = len(whole.encode())
    assert size < writing.LARGEST
    assert "Left out" not in whole
    monkeypatch.setattr(writing, "LARGEST", size - 1)
    smaller = report(built, TINY)
    assert "too large to mail: sounds." in smaller
    assert "data:audio" not in smaller
    assert smaller.count("data:image/png") == whole.count("data:image/png") > 0
    monkeypatch.setattr(writing, "LARGEST", 1)
    assert "too large to mail: sounds spectrograms." in report(built, TINY)


def test_what_can_not_be_shown_is_said(built: Home, tmp_path: Path):
    """A figure without data by its name and reason; sounds that are gone."""
    home = Home(tmp_path / "home")
    shutil.copytree(built.root, home.root)
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.execute("update dim_clips set path = path || '.gone'")
        warehouse.execute("delete from rpt_adjective_counts")
    text = report(home, TINY)
    assert "Figure not drawn (adjective counts): No acoustic adjective was said of any neuron.</p>" in text
    assert "No sounds are enclosed." in text
    assert Page(text).wrong == []


def test_sounds_stay_at_home_where_that_is_asked_for(built: Home):
    text = report(built, TINY, with_sounds=False)
    assert "data:audio" not in text
    assert "No sounds are enclosed." in text


def test_the_same_warehouse_makes_the_same_report(built: Home, whole: str):
    assert report(built, TINY) == whole


def test_checks_that_failed_are_named_and_unknown_ones_are_said_to_be_so(reports: dict[str, Path], whole: str):
    text = reports[TINY].read_text(encoding="utf-8")
    assert "30 passed, 1 failed, 1 warned. 1,200 more passed" in text
    assert "neurons: &lt;i&gt;neurons_suite" in text
    assert "What the checks said is not known" in whole


def to_no_page(folder: Path) -> Path:
    return folder / "tiny.yaml"


def to_a_folder(folder: Path) -> Path:
    (folder / "tiny.html").mkdir()
    return folder / "tiny.html"


@pytest.mark.parametrize("to", [to_no_page, to_a_folder])
def test_a_file_that_is_no_page_is_refused_before_any_work(tmp_path: Path, to: Callable[[Path], Path]):
    with pytest.raises(UserError, match=r"write the path of a file that ends in \.html"):
        write_report(Home(tmp_path / "nowhere"), TINY, to(tmp_path))


def test_what_is_not_in_the_warehouse_is_refused(built: Home, tmp_path: Path):
    with pytest.raises(UserError, match=r"holds no dissection 'other': write one of .*tiny"):
        write_report(built, "other", tmp_path / "other.html")
    with pytest.raises(UserError, match=r"no warehouse at .*: run `dissect run other` first"):
        write_report(Home(tmp_path), "other", tmp_path / "other.html")
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_fails_leaves_the_last_one(built: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_report(built, TINY, tmp_path / "tiny.html")
    before = (tmp_path / "tiny.html").read_bytes()
    monkeypatch.setattr(writing, "TEMPLATES", tmp_path)
    with pytest.raises(Exception, match=r"report\.(html|css)"):
        write_report(built, TINY, tmp_path / "tiny.html")
    assert (tmp_path / "tiny.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.html"]
