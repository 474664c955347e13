"""The similarity functions are named alike wherever a list of them stands."""

from typing import Any, get_args

from dagster_and.lake.tables import CONCEPT_PREDICTIONS
from dagster_and.method.closed_concepts.similarity import SIMILARITIES
from dagster_and.method.closed_concepts.tables import Similarity
from data_tests.suite import read_file

NAMES = get_args(Similarity)


def test_every_name_has_its_function():
    assert tuple(SIMILARITIES) == NAMES


def test_the_suite_expects_them_all():
    listed = [
        e.kwargs["value_set"] for e in read_file(CONCEPT_PREDICTIONS).expectations if e.columns == ("similarity",)
    ]
    assert listed
    assert all(tuple(values) == NAMES for values in listed)


def test_dbt_accepts_them_and_none_for_icl(manifest: dict[str, Any]):
    listed = [
        node["test_metadata"]["kwargs"]["arguments"]["values"]
        if "arguments" in node["test_metadata"]["kwargs"]
        else node["test_metadata"]["kwargs"]["values"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") == "accepted_values"
        and node["column_name"] == "similarity"
    ]
    assert listed
    assert all(tuple(values) == (*NAMES, "none") for values in listed)
