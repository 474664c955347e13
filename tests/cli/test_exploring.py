"""``dissect explore``: where it serves, and what it says of it. That it serves is shown in tests/explorer/."""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Dissect = Callable[..., tuple[int, str, str]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What uvicorn is started with; it returns at once."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr("uvicorn.run", lambda app, **options: found.append({"app": app, **options}))
    return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_port_that_is_taken_is_refused_with_a_free_one(dissect: Dissect, home: Path, served: list):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = dissect("explore", "--port", port)
    assert (code, served) == (1, [])
    assert re.search(rf"Port {port} of 127\.0\.0\.1 can't be served on .*`dissect explore --port \d+`", err)
    assert not home.exists()


def test_this_machine_alone_is_served_and_nothing_is_written(dissect: Dissect, home: Path, served: list):
    port = free_port()
    code, out, _ = dissect("explore", "--port", port)
    assert code == 0
    assert (served[0]["host"], served[0]["port"]) == ("127.0.0.1", port)
    assert f"http://127.0.0.1:{port}" in out
    assert "password" not in out
    assert not home.exists()


def test_another_interface_is_served_with_a_word_on_what_that_means(dissect: Dissect, served: list):
    code, out, _ = dissect("explore", "--port", free_port(), "--host", "0.0.0.0")
    assert code == 0
    assert served[0]["host"] == "0.0.0.0"
    assert "Whoever reaches this machine" in out
    assert "no password" in out.replace("\n", " ")


def test_an_address_of_another_machine_is_refused(dissect: Dissect, served: list):
    code, _, err = dissect("explore", "--host", "192.0.2.1")
    assert (code, served) == (1, [])
    assert "192.0.2.1 can't be served on" in err
    assert "write an address of this machine" in err


def test_an_export_is_refused_where_something_is_already(dissect: Dissect, tmp_path: Path):
    (tmp_path / "site").mkdir()
    code, _, err = dissect("explore", "--export", tmp_path / "site")
    assert code == 1
    assert "is there already: write the path of a new folder" in err.replace("\n", " ")


def test_an_export_without_a_warehouse_says_what_to_run_and_leaves_nothing(
    dissect: Dissect, home: Path, tmp_path: Path
):
    code, _, err = dissect("explore", "--export", tmp_path / "site")
    assert code == 1
    assert "There is no warehouse at" in err
    assert "dissect run ast-demo" in err
    assert not (tmp_path / "site").exists()
    assert not home.exists()


def test_what_is_of_an_export_is_refused_without_one(dissect: Dissect, served: list, tmp_path: Path):
    for asked in (("--neurons", 5), ("--sounds", "none")):
        code, _, err = dissect("explore", *asked)
        assert (code, served) == (1, [])
        assert "write --export FOLDER with them" in err.replace("\n", " ")
    code, _, err = dissect("explore", "--export", tmp_path / "site", "--sounds", "loud")
    assert code == 1
    assert "write copy, link or none" in err
