"""The words are there: settings, models, columns, commands, rooms. And the files stay small and well named."""

import ast
import re
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from dagster_and.cli import app
from dagster_and.dissection import Section
from dagster_and.foundation.home import REPOSITORY
from dagster_and.foundation.rooms import ROOMS
from dagster_and.lake.tables import TABLES
from tests.architecture.sources import CODE, files, name

GROUP = typer.main.get_command(app)
assert isinstance(GROUP, TyperGroup)
COMMANDS = GROUP.commands
PYTHON = files(".py", folders=CODE)
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(?:home|Users|root|work|tmp|mnt|scratch)/[A-Za-z0-9_.-]+")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sections(model: type[Section] = Section) -> list[type[Section]]:
    return [section for sub in model.__subclasses__() for section in (sub, *sections(sub))]


def holds_a_section(annotation: Any) -> bool:
    is_section = isinstance(annotation, type) and issubclass(annotation, Section)
    return is_section or any(map(holds_a_section, get_args(annotation)))


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_every_setting_is_described(section: type[Section]):
    """By its own words, or, where it is a section of its own or its tag, by that section's."""
    assert section.__doc__
    for field, info in section.model_fields.items():
        is_tag = field in ("layout", "family") or holds_a_section(info.annotation)
        assert info.description or is_tag, f"{section.__name__}.{field}"


def test_every_contract_column_is_described():
    blank = [f"{table.name}.{c.name}" for table in TABLES for c in table.columns if not c.description.endswith(".")]
    assert blank == []


def test_every_model_and_column_is_described(manifest: dict[str, Any]):
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert {node["name"] for node in nodes if not node["description"].startswith("One row per ")} == set()
    assert {f"{n['name']}.{c}" for n in nodes for c, col in n["columns"].items() if not col["description"]} == set()
    assert {node["name"] for node in nodes if not node["columns"]} == set()


def test_every_unit_test_says_what_it_shows(manifest: dict[str, Any]):
    assert {test["name"] for test in manifest["unit_tests"].values() if not test["description"]} == set()


def test_every_room_is_explained_in_order():
    lines = (REPOSITORY / "docs" / "naming.md").read_text().splitlines()
    rooms = [match[1] for line in lines if (match := re.match(r"\| `(\w+)` \|", line))]
    assert [room for room in rooms if room in ROOMS] == list(ROOMS)


def test_every_table_stands_in_the_line_of_its_room():
    lines = (REPOSITORY / "docs" / "naming.md").read_text().splitlines()
    of_room = {room: line for line in lines for room in ROOMS if re.match(rf"\| .*`{room}`[^|]* \|", line)}
    assert set(of_room) == set(ROOMS)
    assert [table.name for table in TABLES if f"`{table.name}`" not in of_room[table.room].split("|", 2)[2]] == []


def test_the_readme_stays_what_a_newcomer_reads():
    assert len((REPOSITORY / "README.md").read_text().splitlines()) <= 200


def test_the_readme_names_every_command():
    readme = (REPOSITORY / "README.md").read_text()
    assert [command for command in COMMANDS if f"| `dissect {command}" not in readme] == []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_an_example(command: str):
    shown = CliRunner().invoke(app, [command, "--help"]).output
    assert re.search(rf"Examples?: dissect {command}", shown), shown


def test_files_stay_short():
    long = {name(path): n for path in files(".py", ".sql") if (n := len(path.read_text().splitlines())) >= 300}
    assert long == {}


def public_functions(path: Path) -> list[Function]:
    """Functions and methods that anybody may call; what an overload or a property setter repeats left out."""
    tree = ast.parse(path.read_text())
    scopes = [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))]
    return [n for scope in scopes for n in scope.body if isinstance(n, Function) and not n.name.startswith("_")]


def test_every_public_function_has_a_docstring():
    silent = [f"{name(p)}: {f.name}" for p in PYTHON for f in public_functions(p) if not ast.get_docstring(f)]
    assert silent == []


def last_line(node: ast.stmt) -> int:
    assert node.end_lineno is not None  # it is of parsed text
    return node.end_lineno


def test_assets_are_thin():
    long = {
        f"{name(path)}: {function.name}": lines
        for path in files(".py", folders=("assets",))
        for function in public_functions(path)
        if (lines := last_line(function) - last_line(function.body[0])) > 20
    }
    assert long == {}


def test_no_file_has_a_name_that_says_nothing():
    hollow = {"util", "utils", "helper", "helpers", "common", "manager", "processor", "misc"}
    assert {name(p) for p in files(".py") if p.stem.rsplit("_", 1)[-1] in hollow} == set()


def test_no_file_knows_the_machine_it_was_written_on():
    texts = {name(p): p.read_text(errors="ignore") for p in files() if p != Path(__file__)}
    assert {file: MACHINE_PATHS.findall(text) for file, text in texts.items() if MACHINE_PATHS.search(text)} == {}


def test_packages_are_named_one_by_one():
    import tomllib

    named = set(tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    there = {name(p.parent).replace("/", ".") for p in files(".py", folders=CODE)}
    assert named == there
