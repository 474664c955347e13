"""dbt's data tests find dirt: each piece makes its tests fail, for its dissection, and no others."""

from pathlib import Path

import pytest
import yaml

from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import TABLES
from dagster_and.warehouse.building import DBT_PROJECT, dbt_environment
from tests.dbt.conftest import Built, change, dbt, plant

CASES = yaml.safe_load((Path(__file__).parent / "dirt.yml").read_text())
NAMES = [f"{case['table']}_{i}" for i, case in enumerate(CASES)]


@pytest.fixture(scope="module")
def dirty(clean_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All dirt in one warehouse, one dissection each; every model is made, then every data test is run."""
    home = Home(tmp_path_factory.mktemp("dirty"))
    lake = Lake(home.lake)
    tables = {table.name: table for table in TABLES}
    for name, case in zip(NAMES, CASES, strict=True):
        plant(lake, clean_lake, name)
        change(lake, tables[case["table"]], name, case["dirty"])
    lake.ensure_schema_files()
    environment = dbt_environment(home) | {"AND_WAREHOUSE": str(home.warehouse)}
    run = dbt(home, "run", **environment)
    assert set(run.statuses.values()) == {"success"}, run.printed
    return dbt(home, "test", "--exclude", "test_type:unit", "--store-failures", **environment)


@pytest.fixture(scope="module")
def failures(dirty: Built) -> dict[str, set[str] | None]:
    """By data test that fails, the dissections that its failing rows name; None where its rows name none."""
    found = {}
    for name, status in dirty.statuses.items():
        assert status in ("pass", "fail"), f"{name} {status}: {dirty.printed}"
        if status == "fail":
            rows = dirty.frame(f"from {dirty.relations[name]}")
            found[name.split(".")[0]] = set(rows["dissection"]) if "dissection" in rows.columns else None
    return found


@pytest.mark.parametrize(("name", "case"), list(zip(NAMES, CASES, strict=True)), ids=NAMES)
def test_dirt_fails_its_tests_and_no_others(name: str, case: dict, failures: dict[str, set[str] | None]):
    assert {test for test, where in failures.items() if where and name in where} == {
        test for test in case["fails"] if failures.get(test, set()) is not None
    }
    assert set(case["fails"]) <= failures.keys()


def test_nothing_fails_without_dirt(failures: dict[str, set[str] | None]):
    assert failures.keys() == {test for case in CASES for test in case["fails"]}


def test_every_kind_of_test_has_been_seen_to_fail(dirty: Built, failures: dict[str, set[str] | None]):
    kinds = {path.stem for path in (DBT_PROJECT / "tests" / "generic").glob("*.sql")} | {"accepted_values", "unique"}
    assert {kind for kind in kinds if not any(test.startswith(f"{kind}_") for test in failures)} == set()
