"""``dissect doctor``: a line a thing, and an exit code for scripts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_and.preflight.machine import Finding

Dissect = Callable[..., tuple[int, str, str]]


def test_every_line_says_ok_or_how_to_get_it(dissect: Dissect, home: Path):
    code, out, _ = dissect("doctor")
    assert code == 0
    lines = out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "optional"}
    assert lines[0].startswith("ok       Python: 3.")
    assert not home.exists()


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("optional", 0), ("missing", 1)])
def test_only_what_is_needed_makes_it_fail(dissect: Dissect, monkeypatch: pytest.MonkeyPatch, status: str, code: int):
    found = [Finding("thing", status, "[bold] said", "get it")]  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr("dagster_and.preflight.machine.examine", lambda *_, **__: found)
    assert dissect("doctor") == (code, f"{status:<8} thing: [bold] said: get it\n", "")
