"""The reference is whole: each page made from the code names all that there is."""

import re
from typing import Any, get_args

import pytest

from dagster_and.dissection import Dissection, Section
from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.tables import TABLES, Table
from data_tests.suite import read_file
from manual.reference import PAGES
from manual.reference.commands import commands, examples_of
from manual.reference.python import method_packages
from manual.reference.rows import plain
from manual.reference.warehouse import models, words


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name.removeprefix("reference/").removesuffix(".md"): page() for name, page in PAGES.items()}


def parts(page: str) -> dict[str, str]:
    """What stands below each heading that is code, up to the next heading."""
    told = re.split(r"^#+ `([^`\n]+)`(?::[^\n]*)?$", page, flags=re.MULTILINE)
    return {name: text.partition("\n#")[0] for name, text in zip(told[1::2], told[2::2], strict=True)}


def test_every_key_of_a_dissection_file_is_told(pages: dict[str, str]):
    wanted = {name for name in Dissection.model_fields if name != "folder"}
    seen: list[Any] = [field.annotation for field in Dissection.model_fields.values()]
    for kind in seen:  # grows on the way
        if isinstance(kind, type) and issubclass(kind, Section):
            wanted |= kind.model_fields.keys()
            seen += [field.annotation for field in kind.model_fields.values()]
        seen += get_args(kind)
    assert {key for key in wanted if f"| `{key}` |" not in pages["dissection-file"]} == set()


def test_allowed_values_bounds_and_defaults_are_told(pages: dict[str, str]):
    told = pages["dissection-file"]
    assert "| `pooling` | default, cls, mean, max | default |" in told
    assert "| `threshold` | number, ≥ 0.0, ≤ 1.0 | 0.6 |" in told or re.search(
        r"\| `threshold` \| number.*\| 0\.6 \|", told
    )
    assert re.search(r"\| `fractions` \| list of number.*\| \[0\.02, 0\.04, 0\.06, 0\.08, 0\.1, 0\.12\] \|", told)
    assert "| `checkpoint` | text | must be written |" in told


@pytest.mark.parametrize("name", commands())
def test_every_command_is_told_with_its_options_and_examples(name: str, pages: dict[str, str]):
    command, told = commands()[name], parts(pages["commands"])[f"dissect {name}"]
    spellings = [spelling for p in command.params for spelling in p.opts if spelling.startswith("-")]
    assert [s for s in spellings if not re.search(rf"^\| `(.*, )?{s}[ ,`]", told, re.MULTILINE)] == []
    assert list(examples_of(command)), name
    assert [example for example in examples_of(command) if f"\n{example}\n" not in told] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_is_told_with_its_columns_and_what_must_hold(table: Table, pages: dict[str, str]):
    told = parts(pages["tables"])[table.name]
    assert [c.name for c in table.columns if f"| `{c.name}` |" not in told or plain(c.description) not in told] == []
    checked = pages["checks"].split(f"### `{table.name}`\n")[1]
    assert [e.name for e in read_file(table).expectations if f"- {plain(e.notes)}\n" not in checked] == []


@pytest.mark.parametrize(("layer", "page"), [("marts", "marts"), ("reports", "reports")])
def test_every_model_is_told_with_its_columns(layer: str, page: str, pages: dict[str, str]):
    told = parts(pages[page])
    queries = {file.stem for file in (REPOSITORY / "dbt_project" / "models" / layer).glob("*.sql")}
    assert told.keys() == queries
    for model in models(layer):
        rows = {f"| `{c['name']}` | {c['data_type']} | {plain(words(c['description']))} |" for c in model["columns"]}
        assert {row for row in rows if row not in told[model["name"]]} == set()


def test_every_test_of_the_warehouse_is_told(pages: dict[str, str]):
    """A generic test without words would have ended the page."""
    own = {file.stem.replace("_", " ") for file in (REPOSITORY / "dbt_project" / "tests").glob("*.sql")}
    assert {name for name in own if f"**{name}**: " not in pages["checks"]} == set()
    assert "- `adjectives` is one of acoustic, all.\n" in pages["checks"]
    assert "- `neuron_id` is in `dim_neurons`, in the same dissection.\n" in pages["checks"]


def test_every_public_function_of_the_method_is_told(pages: dict[str, str]):
    source = "\n".join(f.read_text(encoding="utf-8") for package in method_packages() for f in package.glob("*.py"))
    names = set(re.findall(r"^(?:def|class) ([a-zA-Z]\w*)[(:\[]", source, re.MULTILINE))
    assert names - parts(pages["method"]).keys() == set()


def test_the_interface_in_python_is_told_with_signatures_and_examples(pages: dict[str, str]):
    told = parts(pages["python"])
    assert "```python\nsql(query: str, *values: object) -> pl.DataFrame\n```" in told["OpenHouse.sql"]
    assert "- `UserError`: there is no warehouse yet, or it can't answer the query." in told["OpenHouse.sql"]
    assert '>>> house.sql("select label' in told["OpenHouse.sql"]
    assert "``" not in re.sub("```", "", pages["python"])


def test_every_variable_of_the_environment_is_told():
    code = [f for folder in ("dagster_and", "assets", "data_tests") for f in (REPOSITORY / folder).rglob("*.py")]
    read = {name for file in code for name in re.findall(r'"(AND_[A-Z0-9_]+)"', file.read_text(encoding="utf-8"))}
    told = (REPOSITORY / "docs" / "home.md").read_text(encoding="utf-8")
    assert {name for name in read if f"`{name}`" not in told} == set()
