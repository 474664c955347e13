"""Marts and reports say more than the one model that they are made of, and facts carry the words of their keys."""

import json
from typing import Any

import pytest

from tests.dbt.conftest import Built

WORDS = {
    "neuron_id": {"block_index", "sublayer", "class_label"},
    "clip_id": {"filename", "label"},
    "concept_id": {"concept"},
}
"""Columns that stand beside a key in a fact."""

HEADLESS = {"fct_pruned_neurons"}
"""No neuron of the head is cut, so none of its neurons has a class."""


@pytest.fixture(scope="module")
def columns(warehouse: Built) -> dict[str, set[str]]:
    """Columns of every relation in the warehouse, by its name."""
    found: dict[str, set[str]] = {}
    for relation, column in warehouse.rows("select table_name, column_name from duckdb_columns() where not internal"):
        found.setdefault(relation, set()).add(column)
    return found


@pytest.fixture(scope="module")
def parents(warehouse: Built) -> dict[str, list[str]]:
    """Models that a mart or report selects from, by its name."""
    nodes: dict[str, Any] = json.loads((warehouse.home.cache / "dbt" / "manifest.json").read_text())["nodes"]
    shown = [
        node for node in nodes.values() if node["resource_type"] == "model" and node["fqn"][1] in ("marts", "reports")
    ]
    return {node["name"]: [nodes[parent]["name"] for parent in node["depends_on"]["nodes"]] for node in shown}


def test_no_mart_or_report_repeats_one_model(columns: dict[str, set[str]], parents: dict[str, list[str]]):
    assert len(parents) > 30
    repeated = {
        (name, parent) for name, those in parents.items() for parent in those if columns[name] <= columns[parent]
    }
    assert repeated == set()


def test_a_fact_carries_the_words_that_its_keys_stand_for(columns: dict[str, set[str]]):
    facts = {name: found for name, found in columns.items() if name.startswith("fct_")}
    missing = {
        (name, word)
        for name, found in facts.items()
        for key, words in WORDS.items()
        for word in words - found
        if key in found and not (name in HEADLESS and word == "class_label")
    }
    assert missing == set()


def test_what_is_heard_at_a_moment_stands_beside_the_clip_and_in_the_story(warehouse: Built):
    told = "direction, rank, moment_caption, moment_missing_reason, heard_end_s"
    of_it = "from fct_top_clips where dissection = 'tiny' and heard_start_s is not null"
    reason = "unparsable: It is no JSON."
    assert warehouse.rows(f"select neuron_id, {told} {of_it} order by neuron_id, direction, rank") == [
        (2, "highest", 1, "a bark, close by", None, 1.0), (2, "highest", 2, "a bark, close by", None, 1.0),
        (2, "lowest", 1, None, reason, 1.0), (2, "lowest", 2, "a bark, close by", None, 1.0),
    ]  # fmt: skip
    story = warehouse.rows("select part, what, detail from neuron_story('tiny', 2) where part like '%moments'")
    assert [row[:2] for row in story] == [
        ("highest moments", "a bark, close by"), ("highest moments", "a bark, close by"),
        ("lowest moments", f"(none: {reason})"), ("lowest moments", "a bark, close by"),
    ]  # fmt: skip
    assert all(detail.endswith("wav, heard from 0.0 to 1.0 s") for *_, detail in story)
