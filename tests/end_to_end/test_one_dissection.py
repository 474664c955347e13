"""``dissect run`` from sound to figure, and again."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import matplotlib.image
import pytest

from dagster_and.lake.tables import TABLES
from dagster_and.warehouse.building import DBT_PROJECT
from tests.dbt.faults import unproved
from tests.dbt.planting import Planted
from tests.end_to_end.conftest import OFFLINE, House, Run, Together, finish

MODELS = {path.stem for path in (DBT_PROJECT / "models").rglob("*.sql")}
pytestmark = pytest.mark.timeout(1500)


def test_it_ends_well_and_gives_an_account(first_run: Run):
    assert first_run.code == 0, first_run.printed
    for words in (
        "tiny: 50 clips, 0 rejected",
        "held-out fold 5",
        "cosine_cubed",
        "chance",
        "by construction",
        "0 failed",
        "make sql",
    ):
        assert words in first_run.printed
    assert len(first_run.printed.splitlines()) < 100, "a wall of log"


def test_every_table_is_there_and_in_step(house: House, first_run: Run):
    assert {name for name, stamp in house.stamps("tiny").items() if stamp is None} == set()
    assert house.lake.stale_tables("tiny") == []
    # 1 block of 16 + 64 + 16 neurons, 10 classes
    heights = {name: frame.height for name, frame in house.tables("tiny").items()}
    assert heights["probing_clips"] == 50
    assert heights["neurons"] == heights["activations"] == 106
    assert heights["top_clips"] == 106 * 2 * 3


def test_a_neuron_is_in_words_long_before_the_end(house: House, first_run: Run):
    """The line stands before the rooms that labels don't need; it is a neuron of the table, by its own label."""
    lines = first_run.printed.splitlines()
    (place, said), *others = [(i, line) for i, line in enumerate(lines) if line.strip().startswith("neuron ")]
    assert others == []
    assert not any(line.split()[:1] == ["summaries"] for line in lines[:place])
    number = int(said.split()[1])
    (label,) = house.tables("tiny")["neuron_labels"].filter(neuron_id=number, mode=1)["label"]
    sentence = said.split("): ", 1)[1].casefold()
    assert [word for word in label.split()[:1] if word[:3] not in sentence] == []


def test_every_check_of_dbt_finds_a_fault_planted_in_what_was_made(house: House, first_run: Run, tmp_path: Path):
    copy = shutil.copy(house.home.warehouse, tmp_path)
    dbt = max(house.home.cache.glob("dbt/*/run_results.json"), key=lambda path: path.stat().st_mtime).parent
    with duckdb.connect(str(copy)) as connection:
        warehouse = Planted(connection, dbt)
        assert list(unproved(warehouse.checks, warehouse)) == []


def test_nothing_half_written_is_left(house: House, first_run: Run):
    assert [str(path) for path in house.home.root.rglob("*.tmp")] == []
    assert not (house.home.root / ".building").exists()


def test_figures_open_and_tables_lie_beside_them(house: House, first_run: Run):
    pictures = sorted(house.home.reports.glob("*.png"))
    assert pictures
    for path in pictures:
        pixels = matplotlib.image.imread(path)
        assert min(pixels.shape[:2]) > 100, path
        assert pixels[..., :3].std() > 0.01, f"{path} is blank"
        assert path.with_suffix(".svg").read_text().lstrip().startswith("<?xml")
        assert path.with_suffix(".csv").read_text().startswith(("dissection,", "dissection_a,"))


def test_from_any_mart_row_back_to_the_sound(house: House, first_run: Run):
    """The digest that the warehouse holds is that of the file that the target heard."""
    query = """
        select distinct clips.path, evidence.sha256
        from rpt_concepts_by_block as report
        join dim_neurons as neurons
            on report.dissection = neurons.dissection and report.block_index = neurons.block_index
            and report.concept = neurons.top_concept
        join fct_top_clips as evidence
            on neurons.dissection = evidence.dissection and neurons.neuron_id = evidence.neuron_id
        join dim_clips as clips on evidence.dissection = clips.dissection and evidence.clip_id = clips.clip_id
    """
    rows = house.sql(query)
    assert len(rows) > 10
    for path, sha256 in rows:
        file = Path(path.replace("$AND_HOME", str(house.home.root)))
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def test_dagster_knows_rows_columns_and_lineage(house: House, first_run: Run, monkeypatch: pytest.MonkeyPatch):
    """Of the last materialisation of every table and mart; columns of marts are traced to the lake's."""
    from dagster import AssetKey, AssetRecordsFilter, DagsterInstance

    monkeypatch.setenv("DAGSTER_HOME", str(house.home.dagster))
    with DagsterInstance.get() as instance:

        def metadata(*key: str, of: str | None = None) -> dict:
            wanted = AssetRecordsFilter(AssetKey(list(key)), asset_partitions=[of] if of else None)
            (record,) = instance.fetch_materializations(wanted, limit=1).records
            assert record.asset_materialization
            return record.asset_materialization.metadata

        for table in TABLES:
            assert metadata(table.name, of="tiny")["dagster/row_count"].value == house.lake.read(table, "tiny").height
        models = [key for key in instance.all_asset_keys() if key.path[-1] in MODELS]
        assert {key.path[-1] for key in models} == MODELS
        assert [key for key in models if "dagster/column_lineage" not in metadata(*key.path)] == []
        clips = metadata("fct_top_clips")
        assert clips["dagster/row_count"].value == 106 * 2 * (3 + 2)  # of both dissections
        lineage = clips["dagster/column_lineage"].value.deps_by_column
        staged = metadata("staging", "stg_dissection__probing_clips")["dagster/column_lineage"].value.deps_by_column
        (origin,) = staged["sha256"]
        assert [dep.column_name for dep in lineage["sha256"]] == ["sha256"]
        assert (origin.asset_key, origin.column_name) == (AssetKey("probing_clips"), "sha256")


def test_a_second_run_redoes_nothing(house: House, first_run: Run, second_run: tuple[dict, dict, Run]):
    written, stamps, run = second_run
    assert run.code == 0, run.printed
    assert house.written("tiny") == written
    assert house.stamps("tiny") == stamps
    assert run.printed.count("unchanged") == len(TABLES)
    assert "nothing has changed since" in run.printed
    assert run.seconds < first_run.seconds


AGAIN = """
import json, sys
sys.argv = ["dissect", "run", "tiny"]
from dagster_and.cli import app
try:
    app()
finally:
    print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_a_run_of_nothing_new_says_the_same_and_loads_none_of_what_makes_it(house: House, second_run: tuple):
    first = second_run[2].printed
    printed = finish(house.start("-c", AGAIN, program=sys.executable))
    assert printed.count("unchanged") == len(TABLES)
    assert json.loads(printed.splitlines()[-1]).count("polars") == 1
    heavy = {"torch", "transformers", "dagster", "dbt", "great_expectations", "matplotlib", "sentence_transformers"}
    assert heavy.intersection(json.loads(printed.splitlines()[-1])) == set()
    account = [text[text.index("\ntiny: ") : text.index("Took")] for text in (first, printed)]
    since = r" \(\w+ of them [^)]*; nothing has changed since\)"
    assert re.sub(since, "", account[0]) == re.sub(since, "", account[1])


def test_a_dissection_never_asks_the_network(house: House, together: Together, second_run: tuple):
    assert not house.network_log.exists(), house.network_log.read_text()


def test_the_network_would_have_been_noticed(house: House, tmp_path: Path):
    """The watch itself: a look-up in a process started the same way is refused and logged."""
    environment = os.environ | {"PYTHONPATH": str(OFFLINE), "AND_NETWORK_LOG": str(tmp_path / "log")}
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "out of bounds" in done.stderr
    assert "192.0.2.1" in (tmp_path / "log").read_text()
