"""Page: what must hold, in words: suites of the lake's tables, tests of the warehouse's models."""

import re
from collections.abc import Iterator
from typing import Any

from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.tables import TABLES, Table
from data_tests.answered import answers_usable
from data_tests.chance import target_above_chance
from data_tests.suite import read_file
from manual.reference.rows import plain
from manual.reference.warehouse import models

OPENING = """# Checks

Made from the code. Every table has a suite in Great Expectations' terms, which blocks: what is made from a table that
fails is not made. Every model of the warehouse has dbt's tests; a warehouse that fails one is not put in place. Both
show up in Dagster as checks of the asset. `dissect run` says in its account what failed, with the first bad rows. To
add one: [guard data](../how-to/guard-data.md).

## Checks that warn

They stop nothing.
"""

REFERRED = re.compile(r"^ref\(['\"]|['\"]\)$")


def checks_page() -> str:
    """The whole page."""
    parts = [OPENING, *_warnings(), "\n## Tables of the lake\n", *map(_of_table, TABLES)]
    parts += ["## Models of the warehouse\n", "### Over several\n", *_singular()]
    for layer in ("marts", "reports"):
        parts += [f"\n### {layer.capitalize()}\n", *(_of_model(model) for model in models(layer))]
    return "\n".join(parts)


def _warnings() -> Iterator[str]:
    for check in (target_above_chance(), answers_usable()):
        for spec in check.check_specs:
            yield f"- `{spec.name}`, of `{spec.asset_key.to_user_string()}`: {plain(spec.description or '')}"


def _of_table(table: Table) -> str:
    """What its suite says beyond the contract, and the contract in one line."""
    own = dict.fromkeys(expectation.notes for expectation in read_file(table).expectations)  # each once
    filled = [column.name for column in table.columns if not column.nullable]
    key = ", ".join(f"`{name}`" for name in table.key)
    by_contract = (
        f"{key} unique; {len(filled)} of {len(table.columns)} columns never null; numbers finite, texts not blank."
    )
    return "\n".join(
        [f"### `{table.name}`\n", f"- By its contract: {by_contract}", *(f"- {plain(n)}" for n in own), ""]
    )


def _singular() -> Iterator[str]:
    for file in sorted((REPOSITORY / "dbt_project" / "tests").glob("*.sql")):
        lines = [line[2:].strip() for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("--")]
        yield f"- **{file.stem.replace('_', ' ')}**: {plain(' '.join(lines))}"


def _of_model(model: dict[str, Any]) -> str:
    of_columns = [(test, column["name"]) for column in model["columns"] for test in column.get("data_tests", [])]
    told = [_in_words(test, None) for test in model.get("data_tests", [])]
    told += [_in_words(test, column) for test, column in of_columns]
    return "\n".join([f"#### `{model['name']}`\n", *(f"- {sentence}" for sentence in told), ""])


def _in_words(test: str | dict[str, Any], column: str | None) -> str:
    """One of dbt's generic tests as a sentence.

    Raises:
        KeyError: a test that has no words here yet.
    """
    name, settings = (test, {}) if isinstance(test, str) else next(iter(test.items()))
    told = settings.get("arguments", settings)
    columns = ", ".join(f"`{one}`" for one in told.get("columns", [column]))
    return {
        "unique": lambda: f"{columns} is unique.",
        "not_null": lambda: f"{columns} is never null.",
        "unique_combination": lambda: f"{columns}: no two rows have the same.",
        "is_between": lambda: f"{columns}: from {told['low']} to {told['high']}.",
        "accepted_values": lambda: f"{columns} is one of {', '.join(map(str, told['values']))}.",
        "refers_within_dissection": lambda: f"{columns} is in {_model(told['to'])}, in the same dissection.",
    }[name]()


def _model(reference: str) -> str:
    return f"`{REFERRED.sub('', reference)}`"
