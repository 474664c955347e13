"""The asset graph: whole from sound to figure, forward only, every asset described. Rules, not a snapshot."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from dagster import AssetCheckKey, AssetKey, AssetsDefinition, Definitions
from dagster._core.definitions.dependency import NodeHandle

from dagster_and.catalogue import GPU, LLM, WAREHOUSE, tags
from dagster_and.foundation.rooms import ROOMS, group_name
from dagster_and.jobs import PYTHON_ROOMS
from dagster_and.lake.tables import (
    ABLATION_OUTCOMES,
    ACTIVATIONS,
    ANSWERS,
    CONCEPT_PREDICTIONS,
    LABEL_PARTS,
    MOMENTS,
    NEURON_LABELS,
    PROBING_CLIPS,
    PRUNING_OUTCOMES,
    REJECTED_CLIPS,
    TABLES,
    TARGETS,
    Table,
)
from data_tests.suite import SUITES

Assets = dict[AssetKey, Any]
ROOM_OF_GROUP = {group_name(room): room for room in ROOMS}
WARNING_CHECKS = {ANSWERS: {"answers_usable"}, TARGETS: {"target_above_chance"}}
SQL_ROOMS = ROOMS[ROOMS.index("staging") : ROOMS.index("figures")]
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def room(node: Any) -> str:
    return ROOM_OF_GROUP[node.group_name]


def upstream(assets: Assets, key: AssetKey) -> set[AssetKey]:
    """The asset itself and everything that it is made from."""

    def walk(key: AssetKey, seen: set[AssetKey]) -> Iterator[AssetKey]:
        if key not in seen:
            seen.add(key)
            yield key
            for parent in assets[key].parent_keys:
                yield from walk(parent, seen)

    return set(walk(key, set()))


def test_every_asset_stands_in_a_room(assets: Assets):
    astray = {
        key.to_user_string(): node.group_name for key, node in assets.items() if node.group_name not in ROOM_OF_GROUP
    }
    assert astray == {}
    assert {room(node) for node in assets.values()} == set(ROOMS), "a room without an asset"


def test_groups_sort_in_the_order_of_the_rooms():
    assert sorted(map(group_name, ROOMS)) == list(map(group_name, ROOMS))


def test_data_moves_forward_through_the_rooms(assets: Assets):
    backward = {
        (parent.to_user_string(), key.to_user_string())
        for key, node in assets.items()
        for parent in node.parent_keys
        if ROOMS.index(room(assets[parent])) > ROOMS.index(room(node))
    }
    assert backward == set()


def test_nothing_comes_from_outside_the_graph(assets: Assets):
    """A dbt source that is not joined to its Parquet asset would show up as an asset that nobody makes."""
    assert {key.to_user_string() for key, node in assets.items() if not node.is_materializable} == set()


def test_everything_begins_with_the_sounds(assets: Assets):
    sounds = {key for key, node in assets.items() if room(node) == "probing"}
    assert {key.to_user_string() for key in assets if not upstream(assets, key) & sounds} == set()


def test_every_report_and_figure_comes_from_the_probing_clips(assets: Assets):
    shown = {key for key, node in assets.items() if room(node) in ("reports", "figures")}
    assert shown
    assert {key.to_user_string() for key in shown if AssetKey(PROBING_CLIPS.name) not in upstream(assets, key)} == set()


def test_every_figure_is_drawn_from_the_warehouse(assets: Assets):
    for key, node in assets.items():
        if room(node) == "figures":
            assert {room(assets[parent]) for parent in node.parent_keys} <= {"marts", "reports"}, key


def test_every_asset_says_its_grain_first(assets: Assets):
    openings = dict.fromkeys(ROOMS, ("One row per ",)) | {"figures": ("One figure ", "One table ", "One row per ")}
    silent = {
        k.to_user_string(): n.description
        for k, n in assets.items()
        if not (n.description or "").startswith(openings[room(n)])
    }
    assert silent == {}


def test_every_asset_has_kinds_that_fit_its_room(assets: Assets):
    tables = {AssetKey(table.name) for table in TABLES}
    for key, node in assets.items():
        if key in tables:
            assert "parquet" in node.kinds, key
        elif room(node) in SQL_ROOMS:
            assert {"dbt", "duckdb"} <= node.kinds, key
        else:
            assert node.kinds, key


@each_table
def test_a_table_is_an_asset_with_the_schema_of_its_contract(table: Table, assets: Assets):
    node = assets[AssetKey(table.name)]
    assert room(node) == table.room
    assert node.description.startswith(table.description)
    assert node.code_version, "without a version, a change of the code goes unseen"
    assert node.partitions_def is not None
    shown = node.metadata["dagster/column_schema"].columns
    assert [column.name for column in shown] == [column.name for column in table.columns]
    assert all(column.description for column in shown)


@each_table
def test_a_table_is_guarded_by_its_suite(table: Table, graph: Any):
    checks = {key.name: key for key in graph.asset_check_keys if key.asset_key == AssetKey(table.name)}
    suite = f"{table.name}_suite"
    assert set(checks) - {suite} == WARNING_CHECKS.get(table, set())
    assert {name for name, key in checks.items() if graph.get_check_spec(key).blocking} == {suite}
    assert (SUITES / f"{table.name}.yml").exists()


@each_table
def test_a_table_goes_on_into_the_warehouse(table: Table, assets: Assets):
    staging = AssetKey(["staging", f"stg_dissection__{table.name}"])
    assert {key.to_user_string() for key in assets[staging].parent_keys} == {table.name}
    assert any(staging in node.parent_keys for node in assets.values()), "nothing is made of it"


def test_no_suite_is_without_a_table():
    assert {path.stem for path in SUITES.glob("*.yml")} == {table.name for table in TABLES}


def test_tables_are_listed_in_the_order_of_the_rooms():
    rooms = [ROOMS.index(table.room) for table in TABLES]
    assert rooms == sorted(rooms)


def test_every_mart_and_report_is_guarded(assets: Assets, graph: Any):
    guarded = {key.asset_key for key in graph.asset_check_keys}
    wanted = {key for key, node in assets.items() if room(node) in ("marts", "reports")}
    assert {key.to_user_string() for key in wanted - guarded} == set()


def test_the_jobs_cover_every_asset(definitions: Definitions, assets: Assets):
    covered = {
        key
        for job in definitions.jobs or ()
        for key in definitions.resolve_job_def(job.name).asset_layer.selected_asset_keys
    }
    assert {key.to_user_string() for key in set(assets) - covered} == set()


def test_what_labels_are_made_from_is_urgent_and_nothing_else_is(assets: Assets, definitions: Definitions):
    """So the first neuron is there in words while the rest is still to come."""
    job = definitions.resolve_job_def("dissect")
    wanted = upstream(assets, AssetKey(NEURON_LABELS.name))
    beside = {AssetKey(REJECTED_CLIPS.name), AssetKey(LABEL_PARTS.name)}  # made by the same steps
    for node in job.graph.nodes:
        selected = job.asset_layer.get_selected_entity_keys_for_node(NodeHandle(node.name, None))
        blocking = {key.asset_key for key in selected if isinstance(key, AssetCheckKey) and key.name.endswith("_suite")}
        about = blocking | {key for key in selected if isinstance(key, AssetKey)}
        is_urgent = int(node.tags.get("dagster/priority", 0)) > 0
        assert is_urgent == bool(about & (wanted | beside)), node.name


def test_every_asset_has_an_owner_and_the_tags_of_its_room(assets: Assets):
    for key, node in assets.items():
        assert list(node.owners) == ["team:audit"], key
        assert node.tags.items() >= tags(room(node)).items(), key


def steps(definitions: Definitions) -> dict[str, set[str]]:
    """Names of the assets of each pool."""
    found: dict[str, set[str]] = {}
    for made in definitions.assets or ():
        if isinstance(made, AssetsDefinition) and made.op.pool:
            found.setdefault(made.op.pool, set()).update(key.path[-1] for key in made.keys)
    return found


def test_what_runs_a_network_waits_for_its_turn(definitions: Definitions):
    wanted = {TARGETS, ACTIVATIONS, MOMENTS, CONCEPT_PREDICTIONS, PRUNING_OUTCOMES, ABLATION_OUTCOMES}
    assert steps(definitions)[GPU] == {table.name for table in wanted}


def test_what_may_ask_a_language_model_waits_for_its_turn(definitions: Definitions):
    """Known by its code: it opens who describes, captions, detects or writes."""
    asks = re.compile(r"house\.describer\(|open_(?:captioner|listener|describer|detector|writer)\(")
    wanted = set()
    for made in definitions.assets or ():
        if isinstance(made, AssetsDefinition) and room(made.specs_by_key[next(iter(made.keys))]) not in SQL_ROOMS:
            written = inspect.unwrap(made.op.compute_fn.decorated_fn)
            if asks.search(inspect.getsource(written)):
                wanted |= {key.path[-1] for key in made.keys}
    assert wanted
    assert steps(definitions)[LLM] == wanted


def test_the_warehouse_is_written_by_one_run_at_a_time(definitions: Definitions, assets: Assets):
    models = {key.path[-1] for key, node in assets.items() if room(node) in SQL_ROOMS}
    assert steps(definitions)[WAREHOUSE] == models


@pytest.mark.parametrize(
    ("job", "rooms", "is_partitioned"),
    [
        ("dissect", set(PYTHON_ROOMS), True),
        ("words_only", set(PYTHON_ROOMS) - {"pruning"}, True),
        ("pruning_only", {"pruning"}, True),
        ("build_warehouse", set(ROOMS) - set(PYTHON_ROOMS), False),
        ("everything", set(ROOMS), True),
    ],
)
def test_a_job_is_a_choice_of_rooms(
    definitions: Definitions, assets: Assets, job: str, rooms: set[str], is_partitioned: bool
):
    resolved = definitions.resolve_job_def(job)
    covered = resolved.asset_layer.selected_asset_keys
    assert {room(assets[key]) for key in covered} == rooms
    assert covered == {key for key, node in assets.items() if room(node) in rooms}
    assert (resolved.partitions_def is not None) == is_partitioned
    assert resolved.description


def test_no_other_job_is_there(definitions: Definitions):
    assert {job.name for job in definitions.jobs or ()} == {
        "dissect", "words_only", "pruning_only", "build_warehouse", "everything",
    }  # fmt: skip
