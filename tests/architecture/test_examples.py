"""The examples of README.md and docs/ are dissection files that are taken, and the links lead somewhere."""

import re
from pathlib import Path

import pytest
import yaml

from dagster_and.dissection import Dissection, load_file
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.preflight.checking import check
from manual.assembly import dead_links

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
BLOCK = re.compile(r"```yaml\n(.+?)```", re.DOTALL)
EXAMPLES = [(page.name, block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
LEAST = {"probing": {"layout": "soundbank"}, "captions": {"captioner": "dataset"}, "target": {"family": "embedded_ast"}}


@pytest.mark.parametrize(("page", "block"), EXAMPLES, ids=[f"{page}-{i}" for i, (page, _) in enumerate(EXAMPLES)])
def test_an_example_is_taken(page: str, block: str, tmp_path: Path):
    """Alone, or where it shows some sections only, with the least of the others."""
    file = tmp_path / "example.yaml"
    file.write_text(yaml.safe_dump(LEAST | yaml.safe_load(block)))
    assert load_file(file).name == "example", page


def test_the_first_example_of_the_page_on_dissection_files_shows_every_section():
    shown = yaml.safe_load(BLOCK.findall((REPOSITORY / "docs" / "dissections.md").read_text(encoding="utf-8"))[0])
    assert set(shown) == set(Dissection.model_fields) - {"name", "folder"}


def test_the_example_of_a_network_of_ones_own_is_taken(tmp_path: Path):
    text = (REPOSITORY / "docs" / "targets.md").read_text(encoding="utf-8")
    (tmp_path / "my_network.py").write_text(re.findall(r"```python\n(.+?)```", text, re.DOTALL)[0])
    (block,) = [block for block in BLOCK.findall(text) if "my_network.py" in block]
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(LEAST | yaml.safe_load(block)))
    said = check(load_file(tmp_path / "mine.yaml"), Home(tmp_path / "home"))
    assert "target: make (Network), 98 neurons in 3 layers, pooling mean" in said


def test_links_lead_to_files_or_to_pages_that_the_code_writes():
    assert dead_links() == []
