"""The project's own source files, and what they import."""

import ast
from collections.abc import Iterator
from pathlib import Path

from dagster_and.foundation.home import REPOSITORY

CODE = ("dagster_and", "assets", "data_tests")
WRITTEN = (*CODE, "benchmarks", "dbt_project", "deploy", "dissections", "docs", "manual", "notebooks", "tests", ".ci")
GENERATED = {"dbt_project/target", "dbt_project/logs"}


def files(*suffixes: str, folders: tuple[str, ...] = WRITTEN) -> list[Path]:
    """Every file that somebody wrote, with one of the suffixes (all: none given)."""
    found = [p for folder in folders for p in (REPOSITORY / folder).rglob("*") if p.is_file()]
    found += [p for p in REPOSITORY.iterdir() if p.is_file() and p.name != ".git"] if folders == WRITTEN else []
    return sorted(p for p in found if not is_generated(p) and (not suffixes or p.suffix in suffixes))


def is_generated(path: Path) -> bool:
    """Whether dbt or Python wrote it."""
    return "__pycache__" in path.parts or name(path).startswith(tuple(f"{folder}/" for folder in GENERATED))


def name(path: Path) -> str:
    """A path as people write it."""
    return str(path.relative_to(REPOSITORY))


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
