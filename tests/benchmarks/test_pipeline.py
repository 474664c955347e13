"""The benchmark of the whole pipeline: what it dissects, and what it says of rooms."""

import json

import pytest
import soundfile
import torch

from benchmarks.pipeline import network, results
from benchmarks.pipeline.measuring import Room, Run
from benchmarks.pipeline.queries import manual_queries, slowest
from benchmarks.pipeline.world import CLASSES, NAME, SIZES, Size, lay_out
from dagster_and.dissection import find
from dagster_and.foundation.home import Home


def _run(share: str, neurons: int, clips: int, **seconds: float) -> Run:
    rooms = tuple(Room(room, taken, 100, 1.5) for room, taken in seconds.items())
    return Run(share, neurons, clips, sum(seconds.values()), 120, rooms, {})


SMALL = _run("1/4", 100, 100, labels=10, evidence=10, captions=0.1)
LARGE = _run("1", 200, 200, labels=41, evidence=60, captions=3)


def test_a_room_that_grows_faster_than_neurons_times_clips_is_named():
    assert results.growing_too_fast([SMALL, LARGE]) == ["evidence (6.0 for 4.0)"]


def test_a_room_of_a_few_seconds_is_not_judged():
    assert not any(line.startswith("captions") for line in results.growing_too_fast([SMALL, LARGE]))


def test_one_size_alone_tells_nothing_about_growth():
    assert results.growing_too_fast([LARGE]) == []


def test_the_table_has_a_row_a_room_and_every_size():
    lines = results.table([SMALL, LARGE]).splitlines()
    assert lines[0].startswith("| room | s, 1/4 | s, 1 | peak MiB, 1/4 |")
    assert [line.split("|")[1].strip() for line in lines[2:5]] == ["labels", "evidence", "captions"]
    assert "Faster than neurons x clips: evidence (6.0 for 4.0)." in lines


def test_before_and_after_are_told_as_a_ratio():
    told = results.compared([LARGE], [_run("1", 200, 200, labels=20.5, evidence=60, captions=3)])
    assert "| labels | 41.0 | 20.5 | 0.50 |" in told


def test_what_was_measured_is_kept_as_a_page_a_plot_and_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "KEPT", tmp_path / "results")
    page = results.keep("today", "# Text\n", [SMALL, LARGE])
    assert "![" in page.read_text()
    assert page.with_suffix(".png").stat().st_size > 10_000
    assert json.loads(page.with_suffix(".json").read_text())[1]["rooms"][0]["seconds"] == 41


def test_the_full_size_is_that_of_the_paper():
    assert (SIZES[-1].neurons, SIZES[-1].clips, len(CLASSES)) == (55_346, 2000, 50)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    home = Home(tmp_path_factory.mktemp("benchmark"))
    lay_out(home.root, Size("tiny", 64, 100))
    return home


def test_the_benchmark_lays_out_a_dissection_of_its_own(home, monkeypatch):
    monkeypatch.setenv("AND_HOME", str(home.root))
    dissection = find(NAME, home)
    assert dissection.target.held_out_fold == 5
    assert len(list((home.dissections / "sounds").glob("fold*/*/*.wav"))) == 100


def test_its_network_hears_the_sounds(home):
    made = network.Network(64, len(CLASSES))
    made.load_state_dict(torch.load(home.dissections / "weights.pt", weights_only=True))
    waveform, _ = soundfile.read(home.dissections / "sounds/fold1/rain/000.wav", dtype="float32")
    logits = made.eval()(torch.from_numpy(waveform[None]))
    assert logits.shape == (1, 50)
    assert logits.std() > 0.1


def test_the_manual_has_queries_to_time():
    assert len(manual_queries()) >= 5
    assert any(f"'{NAME}'" in query for query in manual_queries())


def test_a_query_is_timed_on_a_warehouse(tmp_path, monkeypatch):
    import duckdb

    from benchmarks.pipeline import queries

    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create table things as select range as n from range(10)")
    monkeypatch.setattr(queries, "manual_queries", lambda: ["select sum(n) from things"])
    assert slowest(tmp_path / "warehouse.duckdb").endswith("limit 1: ok")
