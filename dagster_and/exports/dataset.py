"""A dissection as a data set for others: Parquet and a card, as ``datasets.load_dataset`` reads them."""

from pathlib import Path
from typing import Any

import yaml

from dagster_and.exports.markdown import markdown_rows
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import new_folder
from dagster_and.warehouse.reading import dissection_meant, reading

TABLES = {
    "neurons": (
        "neuron: what is said of it, and how far that can be trusted",
        "from neuron_descriptions where dissection = ? order by neuron_id",
    ),
    "top_clips": (
        "neuron, direction and rank: the clips at either end of its activation",
        "from fct_top_clips where dissection = ? order by neuron_id, direction, rank",
    ),
    "clips": (
        "clip: its label, caption and measured acoustics; its sound is known by `sha256`",
        "select * exclude (path) from dim_clips where dissection = ? order by clip_id",
    ),
}
"""Configurations: what a row is, and the query. Where a clip's file lies is nobody else's business."""
DEFAULT = "neurons"


def export_dataset(warehouse: Path, name: str, folder: Path) -> None:
    """Write a new folder, whole or not at all: a Parquet file a table of :data:`TABLES`, and ``README.md``.

    Raises:
        UserError: the folder is there already, or the warehouse holds no such dissection.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already: write the path of a new folder.")
    with reading(warehouse) as connection:
        name = dissection_meant(connection, name)
        tables = {table: connection.sql(query, params=[name]).pl() for table, (_, query) in TABLES.items()}
        facts = connection.sql("from dim_dissections where dissection = ?", params=[name]).pl().row(0, named=True)
        verdicts = connection.sql(
            "select verdict, count(*) from neuron_descriptions where dissection = ? group by verdict order by 2 desc",
            params=[name],
        ).fetchall()
    with new_folder(folder) as made:
        for table, rows in tables.items():
            rows.write_parquet(made / f"{table}.parquet")
        counts = {table: rows.height for table, rows in tables.items()}
        (made / "README.md").write_text(_card(facts, counts, verdicts), encoding="utf-8")


def _card(facts: dict[str, Any], rows: dict[str, int], verdicts: list[tuple[str, int]]) -> str:
    """The card, with the block of metadata by which ``datasets`` finds the tables."""
    tables = [
        {"config_name": table, "data_files": f"{table}.parquet"} | ({"default": True} if table == DEFAULT else {})
        for table in TABLES
    ]
    metadata = {
        "pretty_name": f"Neurons of {facts['target']} ({facts['dissection']})",
        "tags": ["audio", "interpretability", "audio-network-dissection"],
        "configs": tables,
    }
    grains = [(table, f"{rows[table]:,}", grain) for table, (grain, _) in TABLES.items()]
    lines = [
        "---", yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True).strip(), "---", "",
        f"# Neurons of {facts['target']}", "",
        f"What {facts['neurons']:,} neurons in {facts['layers']} layers of `{facts['target']}` "
        f"({facts['architecture']}, weights {(facts['weights_sha256'] or '')[:12]}) do on "
        f"{facts['clips']:,} clips, in words, with the evidence: Audio Network "
        "Dissection (Wu, Lin, Weng, ICML 2024), made by dagster-and.", "",
        markdown_rows(("table", "rows", "a row is a"), grains), "",
        "```python", "from datasets import load_dataset", "",
        'neurons = load_dataset("path/to/this/folder", "neurons", split="train")', "```", "",
        "`statement` is the label in one line, else the description that holds, else null. `trust` is its AUROC on "
        "clips that did not make it, with a 95 % interval (`trust_low`, `trust_high`); 0.5 is chance. Tables are "
        "joined by `neuron_id` and `clip_id`.", "",
        markdown_rows(("verdict", "neurons"), verdicts), "",
        "## Limits", "",
        "A description is correlational: it says on which of these clips a neuron is active, in the words of these "
        "captions. The sounds themselves are not in here: they belong to whoever made them, and `sha256` says which "
        "file each was.", "",
    ]  # fmt: skip
    return "\n".join(lines)
