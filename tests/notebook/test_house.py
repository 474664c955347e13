"""``and_.open()``: what a house answers, and what it says of what it can't."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dagster_and as and_
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.notebook import Dissected, OpenHouse
from dagster_and.notebook.running import kept
from tests.explorer.conftest import HOSTILE, TINY


def test_importing_the_package_loads_nothing_of_it():
    code = "import sys, json, dagster_and; print(json.dumps([m for m in sys.modules if m.startswith('dagster_and.')]))"
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout) == []


def test_a_house_opens_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_HOME", str(tmp_path / "there"))
    assert and_.open().home == Home(tmp_path / "there")
    assert list(and_.open()) == []
    assert not and_.open().dissections["is_dissected"].any()
    assert not (tmp_path / "there").exists()
    with pytest.raises(UserError, match="can't be printed"):
        and_.open("a\nhome")


def test_a_house_lists_files_and_what_is_in_the_warehouse(house: OpenHouse):
    listed = {row["dissection"]: row for row in house.dissections.iter_rows(named=True)}
    assert {"ast-demo", TINY, HOSTILE} <= set(listed)
    assert listed["ast-demo"]["is_dissected"] is False
    assert listed[TINY] | {"target": None, "labelled": None} == {
        "dissection": TINY, "description": None, "is_dissected": True, "target": None, "clips": 6, "neurons": 6,
        "labelled": None,
    }  # fmt: skip
    assert list(house) == sorted([TINY, HOSTILE])


def test_what_is_not_dissected_is_said_with_what_to_do(house: OpenHouse):
    with pytest.raises(UserError, match=r"house\.run\('ast-demo'\) dissects it"):
        house["ast-demo"]
    with pytest.raises(UserError, match="no dissection 'none': write one of "):
        house["none"]


def test_sql_answers_with_values_in_place_of_question_marks(house: OpenHouse):
    found = house.sql("select count(*) as neurons from dim_neurons where dissection = ?", TINY)
    assert found.to_dicts() == [{"neurons": 6}]


@pytest.mark.parametrize("query", ["select", "from nothing", "create table x as select 1", "delete from dim_neurons"])
def test_a_query_that_cannot_be_answered_is_said_in_a_sentence(house: OpenHouse, query: str):
    with pytest.raises(UserError, match=r"The warehouse can't answer that .*: mend the query"):
        house.sql(query)


def test_neurons_are_those_of_the_warehouse(house: OpenHouse, tiny: Dissected):
    neurons = tiny.neurons
    assert neurons["neuron_id"].to_list() == list(range(6))
    assert neurons.filter(neuron_id=0)["label"].to_list() == ["dog"]
    assert tiny.clips["clip_id"].to_list() == list(range(6))
    assert {"statement", "verdict", "trust", "trust_low", "trust_high"} <= set(neurons.columns)


def test_a_neuron_is_found_by_its_number_or_its_place(tiny: Dissected):
    assert tiny.neuron(3).facts == tiny.neuron(block=0, sublayer="output", index=1).facts
    with pytest.raises(UserError, match="has no neuron 6: write a number from 0 to 5"):
        tiny.neuron(6)
    with pytest.raises(UserError, match=r"no neuron 2 in block 0 output: it has block 0 attention_output \(0 to 1\); "):
        tiny.neuron(block=0, sublayer="output", index=2)
    for wrong in ({}, {"block": 0}, {"neuron_id": 1, "block": 0}):
        with pytest.raises(UserError, match="Which neuron"):
            tiny.neuron(**wrong)


def test_activations_come_in_the_order_asked_for(tiny: Dissected):
    rows = np.stack(Lake(tiny.home.lake).read(ACTIVATIONS, TINY)["activation"].to_list())
    np.testing.assert_array_equal(tiny.activations(), rows)
    np.testing.assert_array_equal(tiny.activations([5, 0, 5]), rows[[5, 0, 5]])
    assert tiny.activations(tiny.neurons["neuron_id"].head(2)).shape == (2, 6)
    assert tiny.activations([]).size == 0
    with pytest.raises(UserError, match="has no neuron 6: write numbers from 0 to 5"):
        tiny.activations([0, 6])


def test_activations_that_the_warehouse_was_not_made_of_are_refused(own: Home):
    lake = Lake(own.lake)
    frame, stamp = lake.read(ACTIVATIONS, TINY), lake.stamp(ACTIVATIONS, TINY)
    assert stamp is not None
    lake.write(ACTIVATIONS, TINY, frame.with_columns(mean=frame["mean"] + 1), stamp)
    with pytest.raises(UserError, match="not those that the warehouse was made of"):
        and_.open(own.root)[TINY].activations()


def test_a_new_warehouse_is_seen_at_once(own: Home):
    import duckdb

    house = and_.open(own.root)
    tiny = house[TINY]
    before = tiny.neuron(0).label
    with duckdb.connect(str(own.warehouse)) as warehouse:
        warehouse.execute("update neuron_descriptions set label = 'whistle' where neuron_id = 0")
    assert (before, tiny.neuron(0).label) == ("dog", "whistle")


def test_every_figure_is_drawn_of_one_dissection_and_of_all(house: OpenHouse, tiny: Dissected):
    assert set(dir(house.plot)) - set(dir(tiny.plot)) == {"dissection_comparison"}
    empty = {}
    for name in dir(tiny.plot):
        try:
            assert getattr(tiny.plot, name)()._repr_png_().startswith(b"\x89PNG"), name
        except UserError as error:
            empty[name] = str(error)
    assert all(said.startswith(f"{name} would be empty: ") for name, said in empty.items())
    assert len(empty) < len(dir(tiny.plot)) / 2
    assert house.plot.dissection_comparison().axes
    with pytest.raises(AttributeError, match=r"no figure 'fig_5': write one of .*labels_by_block"):
        _ = tiny.plot.fig_5


SETTINGS = {
    "name": "mine",
    "probing": {"layout": "soundbank", "clips_per_class": np.int64(5), "window_s": 0.5},
    "captions": {"captioner": "dataset"},
    "target": {"family": "planted"},
}


def test_settings_are_kept_as_a_dissection_file_once_they_are_checked(tmp_path: Path):
    home = Home(tmp_path)
    assert kept(SETTINGS, None, home, replace=False) == "mine"
    first = (home.dissections / "mine.yaml").read_text()
    assert "clips_per_class: 5" in first
    assert kept(SETTINGS, "mine", home, replace=False) == "mine"
    other = SETTINGS | {"description": "Another one."}
    with pytest.raises(UserError, match="says something else: write another name, or replace=True"):
        kept(other, None, home, replace=False)
    assert (home.dissections / "mine.yaml").read_text() == first
    kept(other, None, home, replace=True)
    assert "Another one." in (home.dissections / "mine.yaml").read_text()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"name": "My sounds"}, "can't be called 'My sounds'"), ({"name": None}, "need one name"),
     ({"name": "../mine"}, "can't be called"), ({"name": "ast-demo"}, "comes along with the house"),
     ({"colour": "red"}, "unknown key colour"), ({"captions": {"captioner": object()}}, "hold what no dissection file"),
     ({"target": {"family": "transformers", "checkpoint": "/no/such"}}, "neither a folder nor")],
)  # fmt: skip
def test_settings_that_are_wrong_are_refused_and_not_kept(tmp_path: Path, change: dict, sentence: str):
    with pytest.raises(UserError, match=sentence):
        kept(SETTINGS | change, None, Home(tmp_path / "home"), replace=False)
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_of_a_dict_is_a_dissection_and_leaves_the_process_as_it_was(tmp_path: Path, capsys):
    before = dict(os.environ)
    mine = and_.open(tmp_path / "home").run(SETTINGS)
    assert mine.neurons.height > 10
    assert "mine: 50 clips" in capsys.readouterr().out
    assert dict(os.environ) == before
    with pytest.raises(UserError, match="no dissection 'none'"):
        and_.open(tmp_path / "home").run("none")
