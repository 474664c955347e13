"""Pages: the warehouse's models, from dbt's own yml."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from dagster_and.foundation.home import REPOSITORY
from dagster_and.foundation.rooms import ROOMS
from manual.reference.rows import table

MODELS = REPOSITORY / "dbt_project" / "models"
DOCS_BLOCK = re.compile(r"\{% docs (\w+) %\}\s*(.+?)\s*\{% enddocs %\}", re.DOTALL)
REFERENCE = re.compile(r"""\{\{\s*doc\(['"](\w+)['"]\)\s*\}\}""")
MARTS = """# Marts: what people query

Made from dbt's own descriptions. `dim_` are things, `fct_` what was found about them; `neuron_descriptions` and
`neuron_stories` are the two to begin with. Queries that use them: [queries](../queries.md). The models between the
lake and these, `stg_` and `int_`, are for building with.
"""
REPORTS = """# Reports: one for each figure or table

Made from dbt's own descriptions. `rpt_` are what [figures](../reports.md) are drawn from.
"""


def marts_page() -> str:
    """Every mart with its columns."""
    return "\n".join([MARTS, *map(_described, models("marts"))])


def reports_page() -> str:
    """Every report with its columns, and what it is for."""
    exposed = {name: told for told in exposures() for name in _named(told)}
    return "\n".join([REPORTS, *(_described(model, exposed.get(model["name"])) for model in models("reports"))])


def models(layer: str) -> list[dict[str, Any]]:
    """The models of a layer as dbt's yml describes them, room by room."""
    return [model for file in _files(layer, "models") for model in _read(file)["models"]]


def exposures() -> Iterator[dict[str, Any]]:
    """What reports are exposed as: figures and tables."""
    for file in _files("reports", "exposures"):
        yield from _read(file)["exposures"]


def words(text: str) -> str:
    """A description with dbt's docs blocks filled in."""
    blocks = dict(DOCS_BLOCK.findall((MODELS / "docs" / "columns.md").read_text(encoding="utf-8")))
    return " ".join(REFERENCE.sub(lambda found: blocks[found[1]], text).split())


def _files(layer: str, kind: str) -> list[Path]:
    of_room = {
        file.name.removeprefix("_").partition("__")[0]: file for file in (MODELS / layer).glob(f"_*__{kind}.yml")
    }
    return [of_room[room] for room in ROOMS if room in of_room]


def _read(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _named(exposure: dict[str, Any]) -> list[str]:
    return re.findall(r"ref\('(\w+)'\)", " ".join(exposure["depends_on"]))


def _described(model: dict[str, Any], exposure: dict[str, Any] | None = None) -> str:
    rows = [(column["name"], column.get("data_type", ""), words(column["description"])) for column in model["columns"]]
    shown = f"\n\nShown as **{exposure['label']}**: {words(exposure['description'])}" if exposure else ""
    columns = table(["column", "type", "what it is"], rows)
    return f"## `{model['name']}`\n\n{words(model['description'])}{shown}\n\n{columns}\n"
