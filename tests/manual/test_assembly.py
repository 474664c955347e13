"""The manual holds together: every page has its place, every link and anchor leads somewhere."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_and.foundation.home import REPOSITORY
from dagster_and.foundation.rooms import ROOMS
from manual.__main__ import fetched_elsewhere
from manual.assembly import CODE, LINK, assemble, place
from manual.diagram import BLOCK, edges, svg

ANCHOR = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)#([^)\s]+)\)")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page of the manual by its place."""
    folder = tmp_path_factory.mktemp("manual") / "pages"
    return {name: (folder / name).read_text(encoding="utf-8") for name in assemble(folder)}


def listed(nav: list[Any]) -> Iterator[str]:
    """Pages in the order that a list of the configuration gives them."""
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        else:
            for inner in entry.values():
                yield from listed(inner if isinstance(inner, list) else [inner])


def test_every_page_has_one_place_in_the_order(pages: dict[str, str]):
    nav = tomllib.loads((REPOSITORY / "manual" / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    assert Counter(listed(nav)) == Counter(list(pages))


def test_every_page_for_a_task_stands_on_the_first_page(pages: dict[str, str]):
    assert {page for page in pages if page.startswith("how-to/") and f"({page})" not in pages["index.md"]} == set()


def headings(page: str) -> set[str]:
    """Anchors of a page, as Markdown's table of contents makes them."""
    outside = re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)
    told = re.findall(r"^#+ (.+)$", outside, re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in told}


def test_every_anchor_is_a_heading_of_its_page(pages: dict[str, str], tmp_path: Path):
    dead = []
    for name, text in pages.items():
        for part in CODE.split(text)[::2]:
            for page, anchor in ANCHOR.findall(part):
                to = str(((tmp_path / name).parent / page).resolve().relative_to(tmp_path.resolve())) if page else name
                if anchor not in headings(pages.get(to, "")):
                    dead.append(f"{name}: {page}#{anchor}")
    assert dead == []


def test_links_between_pages_are_those_of_the_manual(pages: dict[str, str]):
    assert "](house/CONTRIBUTING.md)" in pages["targets.md"]
    assert "](../tutorial.md)" in pages["house/readme.md"]
    assert "](../house/deploy/dask-cluster.yaml.md)" in pages["how-to/run-on-a-cluster.md"]
    assert pages["house/deploy/dask-cluster.yaml.md"].startswith("# dask-cluster.yaml\n\n```yaml\n")


def test_what_stands_in_code_is_no_link():
    text = "a [page](a.md), `[no](b.md)`\n```\n[nor](c.md)\n```\n"
    assert [link for part in CODE.split(text)[::2] for link in LINK.findall(part)] == ["a.md"]


def test_a_file_of_docs_keeps_its_address():
    assert place(REPOSITORY / "docs" / "how-to" / "add-sounds.md") == "how-to/add-sounds.md"
    assert place(REPOSITORY / "README.md") == "house/readme.md"


def test_the_flow_chart_has_a_box_for_every_room_and_an_arrow_for_every_step(pages: dict[str, str]):
    (chart,) = BLOCK.findall((REPOSITORY / "docs" / "naming.md").read_text(encoding="utf-8"))
    picture = svg(edges(chart))
    assert picture in pages["naming.md"]
    assert "```mermaid" not in pages["naming.md"]
    assert set(re.findall(r"<text[^>]*>(\w+)</text>", picture)) == set(ROOMS)
    assert picture.count("<path") == len(edges(chart))


def test_an_arrow_never_leads_back():
    picture = svg([("a", "b"), ("b", "c"), ("a", "c")])
    height = {name: float(y) for y, name in re.findall(r'<text x="[\d.]+" y="([\d.]+)"[^>]*>(\w)<', picture)}
    assert height["a"] < height["b"] < height["c"]


def test_what_a_browser_would_fetch_from_elsewhere_is_seen(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    fetched = '<script async src="https://cdn.example.org/a.js"></script><link rel=stylesheet href=https://fonts.example.org/b>'
    (tmp_path / "sub" / "page.html").write_text(f'{fetched}<a href="https://example.org">a link</a><img src="own.png">')
    assert fetched_elsewhere(tmp_path) == ["https://cdn.example.org/a.js", "https://fonts.example.org/b"]


def test_pictures_stay_small():
    pictures = list((REPOSITORY / "docs" / "images").iterdir())
    assert {file.name: size for file in pictures if (size := file.stat().st_size) >= 150_000} == {}
