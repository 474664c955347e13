"""Two dissections on one page, against what the warehouse holds of each."""

import re
from html import unescape
from urllib.parse import quote

import duckdb
import pytest
from starlette.testclient import TestClient

from dagster_and.explorer.comparison import comparison
from dagster_and.explorer.warehouse import NotThereError, Warehouse
from dagster_and.foundation.home import Home
from tests.explorer.conftest import HOSTILE, TINY

PAGE = f"/compare/{TINY}/{quote(HOSTILE)}"


def compared(home: Home, first: str = TINY, second: str = HOSTILE, measure: str = "", strategy: str = "") -> dict:
    with Warehouse(home.warehouse).reading() as reader:
        return comparison(reader, first, second, measure, strategy)


def changed(home: Home, *statements: str) -> None:
    with duckdb.connect(str(home.warehouse)) as warehouse:
        for statement in statements:
            warehouse.execute(statement)


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_every_number_is_turned_round_with_the_names(home: Home):
    changed(home, "update rpt_dissection_comparison set difference = 0.25, difference_low = 0.1, difference_high = 0.4 "
            "where measure = 'label_auroc' and part = 'block 0 output'")  # fmt: skip
    there, back = compared(home), compared(home, HOSTILE, TINY)
    here = [next(row for row in one["layers"] if row["sublayer"] == "output") for one in (there, back)]
    low, high = ("difference_low", "difference_high")
    if there["first"] > there["second"]:
        here.reverse()
    assert [here[0]["measured"][name] for name in ("difference", low, high)] == [0.25, 0.1, 0.4]
    assert [here[1]["measured"][name] for name in ("difference", low, high)] == [-0.25, -0.4, -0.1]
    assert here[0]["a"] == here[1]["b"]
    assert [(row["a"], row["b"]) for row in there["trust"]] == [(row["b"], row["a"]) for row in back["trust"]]


def test_layers_of_one_neuron_each_have_no_interval_in_either_order(home: Home):
    changed(home, "update rpt_dissection_comparison set difference_low = null, difference_high = null")
    for pair in ((TINY, HOSTILE), (HOSTILE, TINY)):
        told = compared(home, *pair)
        assert all(row["measured"]["difference_low"] is None for row in told["layers"] if row["measured"])


def test_neurons_of_one_network_are_set_side_by_side_the_largest_change_first(home: Home, client: TestClient):
    changed(
        home,
        f"update neuron_descriptions set label = case neuron_id when 0 then 'a' when 1 then 'b' end, trust = "
        f"case neuron_id when 0 then 0.9 when 1 then 0.7 end, verdict = 'labelled' where dissection = '{TINY}'",
        "update neuron_descriptions set label = case neuron_id when 0 then 'a' when 1 then 'c' when 2 then 'd' end, "
        f"trust = case neuron_id when 0 then 0.8 when 1 then 0.7 when 2 then 0.95 end, verdict = 'labelled' "
        f"where dissection != '{TINY}'",
    )
    told = compared(home)["neurons"]
    counts = {name: told["counts"][name] for name in ("neurons", "same", "other", "gained", "lost", "neither")}
    assert counts == {"neurons": 6, "same": 1, "other": 1, "gained": 1, "lost": 0, "neither": 3}
    assert [row["neuron_id_a"] for row in told["rows"]] == [2, 0, 1]
    assert [round(row["change"], 6) for row in told["rows"]] == [0.45, -0.1, 0]
    text = words(client.get(PAGE).text)
    assert "Of 6 neurons 1 (17 %) have the same label in both" in text.replace("\u00a0", " ")
    assert "+0.45" in text


def test_of_different_networks_only_what_holds_of_many_neurons_is_compared(home: Home, client: TestClient):
    assert compared(home)["neurons"] is not None
    changed(home, f"update dim_dissections set weights_sha256 = 'another' where dissection = '{TINY}'")
    assert compared(home)["neurons"] is None
    text = client.get(PAGE).text
    assert "Neuron by neuron" not in text
    assert "different networks" in text


def test_labels_that_come_and_go_are_counted(home: Home):
    changed(
        home,
        f"update neuron_descriptions set label = case when neuron_id < 2 then 'old' when neuron_id = 2 then 'both' end "
        f"where dissection = '{TINY}'",
        f"update neuron_descriptions set label = case when neuron_id < 3 then 'both' else 'new' end "
        f"where dissection != '{TINY}'",
    )
    labels = compared(home)["labels"]
    found = {change: [(row["label"], row["a"], row["b"]) for row in rows] for change, rows in labels.items()}
    assert found == {"vanished": [("old", 2, 0)], "appeared": [("new", 0, 3)], "kept": [("both", 1, 3)]}


def test_verdicts_and_trust_count_every_neuron_once(home: Home):
    told = compared(home)
    assert sum(row["a"] for row in told["verdicts"]) == sum(row["b"] for row in told["verdicts"]) == 6
    with Warehouse(home.warehouse).reading() as reader:
        trusted = reader.column("select count(trust) from neuron_descriptions where dissection = ?", TINY)
    assert [sum(row["a"] for row in told["trust"])] == trusted


def test_a_class_has_its_carriers_and_what_its_cut_does_in_both(home: Home, client: TestClient):
    strategy = compared(home)["strategies"][-1]
    told = compared(home, strategy=strategy)
    assert told["strategy"] == strategy
    dog = next(row for row in told["classes"] if row["concept"] == "dog")
    with Warehouse(home.warehouse).reading() as reader:
        after = reader.column(
            "select estimate from fct_pruning_effects where dissection = ? and concept_id = 0 and strategy = ? "
            "and size_of = strategy and scale = 'accuracy' and measure = 'ablated_after'", TINY, strategy,
        )  # fmt: skip
    assert [dog["a"]["ablated_after"]] == after
    found = len(re.findall('class="result"', client.get(f"/d/{TINY}/neurons?concept=dog").text))
    assert dog["a"]["carriers"] == found


def test_what_makes_no_sense_in_the_address_counts_as_not_said(home: Home):
    plain, odd = compared(home), compared(home, measure="magic", strategy="'")
    assert (odd["measure"], odd["strategy"]) == (plain["measure"], plain["strategy"])
    assert compared(home, measure="dead_share")["measure"] == "dead_share"


def test_a_dissection_beside_itself_or_none_is_refused(home: Home, client: TestClient):
    with pytest.raises(NotThereError, match="compared with itself"):
        compared(home, TINY, TINY)
    assert client.get(f"/compare/{TINY}/{TINY}").status_code == 404
    assert client.get(f"/compare/{TINY}/none").status_code == 404


def test_hostile_names_and_labels_are_shown_and_never_run(client: TestClient):
    text = client.get(PAGE).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert " style=" not in text


@pytest.mark.parametrize("page", ["/", f"/d/{TINY}", f"/d/{quote(HOSTILE)}"])
def test_the_way_there_is_a_link(client: TestClient, page: str):
    assert "/compare/" in client.get(page).text
