"""Nothing that a data set says becomes a script, and nothing leaves but pages, figures and sounds of the warehouse."""

import re
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from starlette.testclient import TestClient

from dagster_and.audio.reading import file_sha256
from dagster_and.explorer.app import create_app
from dagster_and.explorer.warehouse import Warehouse
from dagster_and.foundation.home import Home
from tests.explorer.conftest import HOSTILE, TINY

PAGES = ("", "/neurons", "/neurons/0", "/neurons/4", "/concepts/0", "/clips/1")


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_is_shown_and_never_run(client: TestClient, page: str):
    answer = client.get(f"/d/{quote(HOSTILE)}{page}")
    assert answer.status_code == 200
    assert "alert(" in answer.text or page == ""
    for mark in ("<script>", "<img src=x", "hos'tile & <b>", "<b>&lt;", "42 "):
        assert mark not in answer.text, mark
    assert re.findall(r"<script(?! src=\"/static/)", answer.text) == []
    assert " style=" not in answer.text
    assert re.findall(r"<[^>]* on\w+=", answer.text) == []


def test_text_that_runs_from_right_to_left_turns_round_nothing_else(client: TestClient):
    text = client.get(f"/d/{quote(HOSTILE)}/clips/1").text
    assert re.findall(r"(?<!<bdi>)[^<>]*\u202e", re.sub(r"<bdi>[^<]*</bdi>", "", text)) == []


def test_what_is_asked_for_is_escaped_in_the_answer(client: TestClient):
    text = client.get(f"/d/{TINY}/neurons", params={"q": '"><script>alert(1)</script>', "layer": "<b>"}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    "address", ["/", f"/d/{TINY}/neurons/0", f"/d/{TINY}/clips/0/sound", "/static/explorer.css", "/none", "/figures"]
)
def test_every_answer_lets_a_page_load_from_here_alone(client: TestClient, address: str):
    headers = client.get(address).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_reading_is_taken(client: TestClient, method: str):
    for address in ("/", f"/d/{TINY}/neurons", "/static/explorer.css"):
        answer = client.request(method, address)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD"
    assert client.head("/").status_code == 200


def test_a_page_of_another_site_can_not_lend_this_server_its_name(home: Home):
    for name in ("127.0.0.1:8321", "localhost", "[::1]:8321"):
        with TestClient(create_app(home), base_url=f"http://{name}") as client:
            assert client.get("/").status_code == 200, name
    with TestClient(create_app(home), base_url="http://evil.example") as client:
        assert client.get("/").status_code == 400
    with TestClient(create_app(home, ["*"]), base_url="http://studio.example") as client:
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "address",
    [f"/d/{TINY}/clips/..%2f..%2fsounds%2f0.wav/sound", f"/d/{TINY}/clips/-1/sound", f"/d/{TINY}/clips/0.wav/sound",
     f"/d/..%2f{TINY}/clips/0/sound", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd",
     "/figures/..%2fwarehouse.duckdb", "/figures/%2e%2e%2f%2e%2e%2fsounds%2f0.wav", "/figures/.hidden.png",
     "/warehouse.duckdb", "/figures/%2fetc%2fpasswd"],
)  # fmt: skip
def test_a_path_that_climbs_leads_nowhere(client: TestClient, home: Home, address: str):
    (home.reports / ".hidden.png").write_bytes(b"hidden")
    assert client.get(address).status_code == 404


def pointed(home: Home, path: Path) -> None:
    """Clip 0 of the warehouse lies there."""
    with duckdb.connect(str(home.warehouse)) as warehouse:
        values = [str(path), file_sha256(path)]
        warehouse.execute("update dim_clips set path = ?, sha256 = ? where clip_id = 0", values)


@pytest.mark.parametrize("what", ["sound", "waveform", "spectrogram"])
def test_what_is_no_sound_does_not_leave_even_if_a_row_names_it(home: Home, tmp_path: Path, what: str):
    (tmp_path / "secret.wav").write_text("a secret " * 1000)
    pointed(home, tmp_path / "secret.wav")
    with TestClient(create_app(home), base_url="http://127.0.0.1") as client:
        answer = client.get(f"/d/{TINY}/clips/0/{what}")
    assert answer.status_code == 404
    assert "a secret" not in answer.text
    assert "can’t be decoded" in answer.text or "can&#39;t be decoded" in answer.text


def test_a_sound_that_has_changed_since_is_not_played(home: Home, tmp_path: Path, built: Home):
    own = tmp_path / "own.wav"
    own.write_bytes((built.root / "sounds" / "0.wav").read_bytes())
    pointed(home, own)
    with TestClient(create_app(home), base_url="http://127.0.0.1") as client:
        assert client.get(f"/d/{TINY}/clips/0/sound").status_code == 200
        own.write_bytes((built.root / "sounds" / "1.wav").read_bytes())
        assert "has changed since" in client.get(f"/d/{TINY}/clips/0/sound").text
        own.unlink()
        assert client.get(f"/d/{TINY}/clips/0/sound").status_code == 404


def test_what_is_not_a_number_is_read_as_nothing(home: Home):
    with Warehouse(home.warehouse).reading() as reader:
        assert reader.rows("select 'nan'::double as a, 1.5 as b") == [{"a": None, "b": 1.5}]


def test_no_query_can_read_another_file_or_write(home: Home):
    with Warehouse(home.warehouse).reading() as reader:
        for query in ("from read_text('/etc/hostname')", "create table x as select 1",
                      "set enable_external_access = true", "copy dim_clips to 'clips.csv'"):  # fmt: skip
            with pytest.raises(duckdb.Error):
                reader.rows(query)
