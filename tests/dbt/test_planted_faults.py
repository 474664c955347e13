"""Each check of dbt finds a fault of the kind that it is for, and none where there is none; contracts refuse nulls."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from tests.dbt.conftest import Built
from tests.dbt.faults import faults, unproved
from tests.dbt.planting import Planted


@pytest.fixture(scope="module")
def planted(warehouse: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    copy = tmp_path_factory.mktemp("planted") / warehouse.home.warehouse.name  # its name is the database's name
    shutil.copyfile(warehouse.home.warehouse, copy)
    with duckdb.connect(str(copy)) as connection:
        yield Planted(connection, warehouse.home.cache / "dbt")


def test_every_check_finds_its_fault_and_nothing_else(planted: Planted):
    assert len(planted.checks) > 100
    assert list(unproved(planted.checks, planted)) == []


def test_a_contract_refuses_nulls(planted: Planted):
    promised = planted.promised_columns()
    assert len(promised) > 100
    assert [where for where in promised if not planted.refuses_null(*where)] == []


def test_a_check_that_can_not_fail_is_found(planted: Planted):
    check = next(one for one in planted.checks if one.kind)
    blind = replace(check, sql=f"select * from ({check.sql}) where false")
    (said,) = unproved([blind], planted)
    assert said.startswith(f"{check.name} finds 0 rows where {check.model} has")


def test_a_check_that_fails_on_what_is_good_is_found(planted: Planted):
    check = replace(planted.checks[0], sql="select 1")
    assert f"{check.name} finds 1 rows without a fault" in list(unproved([check], planted))


@pytest.mark.parametrize("kind", [None, "not_seen_before"])
def test_a_check_of_a_new_kind_or_of_its_own_sql_has_no_fault_until_somebody_writes_one(
    planted: Planted, kind: str | None
):
    new = replace(planted.checks[0], name="a_new_one", kind=kind)
    assert faults(new, planted) == []
    (said,) = unproved([new], planted)
    assert "nothing shows that a_new_one can fail" in said


def test_a_planted_fault_is_gone_afterwards(planted: Planted):
    check = next(one for one in planted.checks if one.kind == "unique_combination")
    (fault,) = faults(check, planted)
    with planted.planted(fault):
        assert planted.found(check) == 1
    assert planted.found(check) == 0
