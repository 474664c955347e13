"""What a report tells: every number from the warehouse, the file and the keys that make it again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from dagster_and.dissection import Dissection, dissection_files, find
from dagster_and.explorer import overview
from dagster_and.explorer.warehouse import Reader
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import PRUNINGS, TABLES
from dagster_and.report.chosen_neurons import chosen_neurons

LIBRARIES = ("dagster-and", "torch", "transformers", "duckdb")


@dataclass(frozen=True)
class Checks:
    """What the checks of a dissection's tables said in its last run."""

    passed: int
    failed: Sequence[str] = field(default_factory=tuple)
    warning: Sequence[str] = field(default_factory=tuple)
    in_warehouse: int | None = None
    """How many passed when the warehouse was last built; None where nobody knows."""


def content(reader: Reader, home: Home, name: str) -> dict[str, Any]:
    """All that the template writes but pictures and sounds.

    Args:
        reader: of the warehouse, which holds the dissection.
        home: whose lake has its tables, and where its file lies.
        name: of the dissection.
    """
    by_name = (name,)
    return overview.overview(reader, name) | {
        "name": name,
        "versions": {library: metadata.version(library) for library in LIBRARIES},
        "trusts": reader.rows(
            """
            select
                verdict, count(*) as neurons, median(trust) as trust, quantile_cont(trust, 0.25) as trust_low,
                quantile_cont(trust, 0.75) as trust_high
            from neuron_descriptions where dissection = ? group by verdict
            """,
            *by_name,
        ),
        "describers": reader.column(
            "select distinct describer from neuron_descriptions where dissection = ? and describer is not null "
            "order by describer",
            *by_name,
        ),
        "window_s": reader.row("select max(window_s) as window_s from dim_clips where dissection = ?", *by_name),
        "by_block": reader.rows("from rpt_labels_by_block where dissection = ? order by block_index", *by_name),
        "truth": reader.rows("from rpt_description_truth where dissection = ? and share is not null", *by_name),
        "planted": reader.row(
            "select count(*) as neurons, count(*) filter (where is_hit) as hits from rpt_planted_neurons "
            "where dissection = ?",
            *by_name,
        ),
        "logits": reader.rows(
            """
            from rpt_unlearning where dissection = ? and scale = 'logit' and delta_ablated is not null
            order by is_control, size_of, strategy = 'random', strategy
            """,
            *by_name,
        ),
        "neurons": chosen_neurons(reader, name),
        "file": _file(home, name),
        "keys": _keys(Lake.of(home), name),
    }  # fmt: skip


def _file(home: Home, name: str) -> dict[str, Any]:
    """The dissection's file as it is now, what it says, and whether it is still that which made the tables."""
    try:
        dissection: Dissection | None = find(name, home)
        text = dissection_files(home)[name].read_text(encoding="utf-8")
    except (UserError, OSError, KeyError) as error:
        return {"text": "", "trouble": str(error), "dissection": None, "is_changed": False}
    is_changed = not Lake.of(home).is_made_by(PRUNINGS, name, dissection.fingerprint(home))
    return {"text": text, "trouble": "", "dissection": dissection, "is_changed": is_changed}


def _keys(lake: Lake, name: str) -> dict[str, str]:
    stamps = {table.name: lake.stamp(table, name) for table in TABLES}
    return {table: stamp.key for table, stamp in stamps.items() if stamp}
