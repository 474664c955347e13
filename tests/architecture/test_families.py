"""Targets: a module a family, known to the registry alone; no circle; and nothing known but what lies below."""

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import get_args

import pytest

from dagster_and.dissection import TargetSection
from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.tables import TARGETS as TARGETS_TABLE
from dagster_and.targets.registry import family_names
from data_tests.suite import read_file
from tests.architecture.sources import CODE, files, imports, name

TARGETS = "dagster_and.targets"
BELOW = {"audio", "devices", "dissection", "engine", "foundation", "hub", "lake", "method"}
FAMILIES = [get_args(section.model_fields["family"].annotation)[0] for section in get_args(TargetSection)]
SOURCES = files(".py", folders=("dagster_and/targets",))


def dotted(path: Path) -> str:
    """A source file as it is imported."""
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {dotted(path): path for path in SOURCES}


def known_to(path: Path) -> set[str]:
    """Modules of targets that a file imports, wherever in it."""
    found = {imported if imported in MODULES else imported.rpartition(".")[0] for imported in imports(path)}
    return (found & set(MODULES)) - {dotted(path), TARGETS}


def part(module: str) -> str:
    """The package or module right under targets that it lies in."""
    return module.removeprefix(f"{TARGETS}.").split(".")[0]


def test_every_family_of_a_dissection_file_has_a_module_and_every_module_is_one():
    assert family_names() == sorted(FAMILIES)


def test_the_suite_of_targets_knows_every_family():
    listed = [e.kwargs["value_set"] for e in read_file(TARGETS_TABLE).expectations if e.columns == ("family",)]
    assert [sorted(values) for values in listed] == [sorted(FAMILIES)]


def test_every_family_has_its_lines_in_the_docs():
    headings = [line for line in (REPOSITORY / "docs/targets.md").read_text().splitlines() if line.startswith("### ")]
    assert [family for family in FAMILIES if not any(f"`{family}`" in heading for heading in headings)] == []


def test_only_the_registry_knows_the_families():
    families = f"{TARGETS}.families"
    knowing = {name(path) for path in files(".py", folders=CODE) for i in imports(path) if i.startswith(families)}
    assert knowing == {"dagster_and/targets/registry.py"}
    by_name = [i for path in files(".py", folders=CODE) for i in imports(path) if i.startswith(f"{families}.")]
    assert by_name == []


def test_a_family_is_found_without_the_others_and_without_heavy_libraries():
    code = f"""
import json, sys
from dagster_and.targets.registry import find_family
added, before = {{}}, set()
for family in {FAMILIES}:
    find_family(family)
    added[family] = sorted(set(sys.modules) - before)
    before = set(sys.modules)
print(json.dumps(added))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    added = json.loads(done.stdout)
    for family in FAMILIES:
        assert [m for m in added[family] if m.startswith(f"{TARGETS}.families.")] == [f"{TARGETS}.families.{family}"]
    assert {"torch", "transformers"} & {module for modules in added.values() for module in modules} == set()


@pytest.mark.parametrize("of", [part, str], ids=["packages", "modules"])
def test_nothing_in_targets_is_known_in_a_circle(of):
    """Counting imports inside functions and for type checkers, too."""
    graph: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        graph.setdefault(of(module), set()).update(of(known) for known in known_to(path))
    TopologicalSorter({node: known - {node} for node, known in graph.items()}).prepare()


def test_targets_know_only_what_lies_below_them():
    seen = {i.split(".")[1] for path in SOURCES for i in imports(path) if i.startswith("dagster_and.")}
    assert seen - {"targets"} <= BELOW


def test_every_package_says_what_comes_in_and_what_goes_out():
    texts = {name(p): ast.get_docstring(ast.parse(p.read_text())) or "" for p in SOURCES if p.name == "__init__.py"}
    assert [package for package, text in texts.items() if " in, " not in text or " out" not in text] == []
