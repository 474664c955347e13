"""What each page says, and that its address is all it takes."""

import re
import shutil
import time
from urllib.parse import quote

import duckdb
import numpy as np
import pytest
from starlette.testclient import TestClient

from dagster_and.explorer.app import create_app
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS
from tests.explorer.conftest import HOSTILE, TINY

LINK = re.compile(r'(?:href|src)="(/[^"]*)"')


def neurons_of(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="result" href="/d/[^"]*/neurons/(\d+)"', text)]


def test_every_link_of_every_page_leads_somewhere(client: TestClient):
    seen, ahead = set(), ["/"]
    while ahead:
        address = ahead.pop()
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text)
        if "text/html" in answer.headers["content-type"]:
            found = {link.replace("&amp;", "&").replace("&#39;", "'") for link in LINK.findall(answer.text)}
            ahead += sorted(found - seen)
            seen |= found
    kinds = {re.sub(r"\?.*|\d+", "", address.replace(quote(HOSTILE), "x")) for address in seen}
    wanted = {"/d/x", "/d/x/neurons", "/d/x/neurons/", "/d/x/concepts/", "/d/x/clips/", "/d/x/clips//sound", "/figures"}
    assert wanted <= kinds


def test_the_overview_counts_what_the_warehouse_holds(client: TestClient):
    text = client.get(f"/d/{TINY}").text
    assert "6 neurons in 3 layers" in text
    assert "attention output" in text
    assert text.count('<td class="heat') == 3


def test_a_neuron_shows_its_labels_and_the_clips_of_its_label(client: TestClient):
    text = client.get(f"/d/{TINY}/neurons/0").text
    assert "bark AND NOT loud" in text
    assert "0.800" in text
    assert "clips of the label (3)" in text
    assert text.count('<figure class="clip">') == 4


def test_a_clip_shows_its_own_caption_and_that_of_the_moment_or_why_there_is_none(client: TestClient):
    text = client.get(f"/d/{TINY}/neurons/2").text
    assert text.count("a dog barks<") >= 2
    assert text.count("<bdi>a bark, close by</bdi>") == 3
    assert "0.00 to 1.00 s:" in text
    assert "no caption: unparsable: It is no JSON." in text
    assert "a bark, close by" not in client.get(f"/d/{TINY}/neurons/3").text


def test_a_neuron_without_a_label_says_why(client: TestClient):
    assert "No label: No form holds." in client.get(f"/d/{TINY}/neurons/1").text


@pytest.mark.parametrize(
    ("query", "found"),
    [("", {0, 1, 2, 3, 4, 5}), ("q=BARK+loud", {0}), ("layer=1.head", {4, 5}), ("verdict=dead", {2}),
     ("concept=dog", {0, 4}), ("q=bark+loud&layer=0.output", set()), ("least=2", set()),
     ("page=99", {0, 1, 2, 3, 4, 5}), ("least=much&page=x&by=magic", {0, 1, 2, 3, 4, 5}),
     ("q=%25", set()), ("q='+or+1=1", set())],
)  # fmt: skip
def test_a_search_finds_just_what_was_asked_for(client: TestClient, query: str, found: set[int]):
    answer = client.get(f"/d/{TINY}/neurons?{query}")
    assert answer.status_code == 200
    assert set(neurons_of(answer.text)) == found


def test_the_most_trusted_neurons_come_first(client: TestClient, home: Home):
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        query = "select neuron_id from neuron_descriptions where dissection = ? and trust is not null"
        trusted = [number for (number,) in warehouse.execute(query, [TINY]).fetchall()]
    found = neurons_of(client.get(f"/d/{TINY}/neurons").text)
    assert set(found[: len(trusted)]) == set(trusted)
    assert 0 < len(trusted) < len(found)


def test_neurons_that_state_the_word_come_before_those_only_described_so(client: TestClient, home: Home):
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.execute("update neuron_descriptions set description = 'A whistle.', trust = 1 where neuron_id = 1")
        warehouse.execute("update neuron_descriptions set statement = 'Whistles.', trust = 0.6 where neuron_id = 3")
    assert neurons_of(client.get(f"/d/{TINY}/neurons?q=whistle").text) == [3, 1]


def test_htmx_is_given_the_results_alone_and_a_reader_the_page(client: TestClient):
    address = f"/d/{TINY}/neurons?q=dog"
    whole, part = client.get(address).text, client.get(address, headers={"HX-Request": "true"}).text
    restored = client.get(address, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).text
    assert part.strip() in whole
    assert "<html" not in part
    assert restored == whole
    assert 'value="dog"' in whole


@pytest.mark.slow
def test_a_search_by_meaning_finds_what_is_said_in_other_words(client: TestClient, home: Home):
    address = f"/d/{TINY}/neurons?q=a+canine&by=meaning"
    for _ in range(600):
        text = client.get(address).text
        if "texts so far" not in text:
            break
        time.sleep(0.1)
    found = neurons_of(text)
    assert found
    assert {0, 4} <= set(found)
    assert list((home.cache / "embeddings").rglob("*.parquet"))


def test_a_concept_is_carried_by_those_that_name_it_and_its_own_neuron(client: TestClient):
    text = client.get(f"/d/{TINY}/concepts/0").text
    assert set(neurons_of(text)) == {0, 4}
    assert "What the network loses with it" in text


def test_activations_that_the_warehouse_was_not_made_of_are_not_shown(client: TestClient, home: Home):
    lake = Lake(home.lake)
    frame, stamp = lake.read(ACTIVATIONS, TINY), lake.stamp(ACTIVATIONS, TINY)
    assert stamp is not None
    assert '<svg class="histogram"' in client.get(f"/d/{TINY}/neurons/1").text
    lake.write(ACTIVATIONS, TINY, frame.with_columns(mean=frame["mean"] + 1), stamp)
    text = client.get(f"/d/{TINY}/neurons/1").text
    assert "a run may be going on" in text
    shutil.rmtree(home.lake / "activations")
    assert "a run may be going on" in client.get(f"/d/{TINY}/neurons/1").text


def test_the_neurons_that_do_the_same_are_those_of_the_highest_correlation(client: TestClient, home: Home):
    rows = np.stack(Lake(home.lake).read(ACTIVATIONS, TINY)["activation"].to_list())
    correlation = np.corrcoef(rows)[3]
    expected = [n for n in np.argsort(-correlation).tolist() if n != 3 and correlation[n] > 0]
    text = client.get(f"/d/{TINY}/neurons/3/alike").text
    assert neurons_of(text) == expected
    assert f"{correlation[expected[0]]:.2f}" in text


def test_a_histogram_counts_every_clip_once():
    from dagster_and.explorer.activations import histogram

    values = np.array([0.0, 0.0, 1.0, 2.0, np.nan], dtype=np.float32)
    found = histogram(values, np.array([True, False, False, True, True]))
    assert sum(found.of_label) == 2
    assert sum(found.others) == 2
    assert (found.low, found.high, found.label_clips) == (0, 2, 2)
    assert histogram(np.zeros(3, dtype=np.float32), None).tallest == 3
    assert histogram(np.array([np.nan], dtype=np.float32), None).tallest == 1


def test_what_is_not_there_is_said_on_a_page(client: TestClient):
    for address in ("/d/none", "/d/none/neurons", f"/d/{TINY}/neurons/6", f"/d/{TINY}/concepts/9", f"/d/{TINY}/clips/9",
                    "/nowhere", "/figures/none.png", f"/d/{TINY}/neurons/99999999999999999999"):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "All dissections" in answer.text


def test_without_a_warehouse_the_page_says_how_to_make_one(client: TestClient, home: Home):
    kept = home.warehouse.with_suffix(".kept")
    home.warehouse.rename(kept)
    answer = client.get(f"/d/{TINY}")
    assert answer.status_code == 503
    assert "There is no warehouse at" in answer.text
    assert "dissect run ast-demo" in answer.text
    kept.rename(home.warehouse)
    assert client.get(f"/d/{TINY}").status_code == 200


def test_a_file_that_is_no_warehouse_is_said_to_be_none(client: TestClient, home: Home):
    home.warehouse.write_bytes(b"no database" * 1000)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "remove it, and `dissect run` builds it anew" in answer.text


def test_a_new_warehouse_is_shown_at_once_and_the_old_one_read_to_its_end(home: Home):
    from dagster_and.explorer.warehouse import Warehouse

    new = home.root / "new.duckdb"
    shutil.copy(home.warehouse, new)
    with duckdb.connect(str(new)) as connection:
        connection.execute("delete from dim_dissections where dissection = ?", [HOSTILE])
    count = "select count(*) from dim_dissections"
    warehouse = Warehouse(home.warehouse)
    with TestClient(create_app(home), base_url="http://127.0.0.1") as client, warehouse.reading() as old:
        assert client.get("/").text.count('class="card"') == 2
        new.replace(home.warehouse)
        assert client.get("/").text.count('class="card"') == 1
        with warehouse.reading() as reader:
            assert reader.column(count) == [1]
        assert old.column(count) == [2]
