"""Which software runs: versions of the libraries that numbers come from, and a digest of this house's own code."""

import importlib.metadata
import platform
from functools import cache
from pathlib import Path

from dagster_and.foundation.home import REPOSITORY
from dagster_and.foundation.keys import digest

CODE = ("dagster_and", "assets", "data_tests")
LIBRARIES = ("dagster", "duckdb", "great-expectations", "numpy", "polars", "torch", "transformers")


@cache
def software() -> dict[str, str]:
    """Versions by name; under ``the code`` a digest of it, under ``Python`` its release without the last number."""
    files = [path for folder in CODE for path in sorted((REPOSITORY / folder).rglob("*")) if _is_code(path)]
    code = [(str(path.relative_to(REPOSITORY)), path.read_text(encoding="utf-8")) for path in files]
    release = ".".join(platform.python_version_tuple()[:2])
    return {
        "Python": release,
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
        "the code": digest(code)[:12],
    }


def _is_code(path: Path) -> bool:
    return path.suffix in (".py", ".yml", ".md") and path.is_file()
