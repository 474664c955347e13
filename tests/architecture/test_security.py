"""What SECURITY.md claims is held by tests that are there."""

import re

import pytest

from dagster_and.foundation.home import REPOSITORY

CITED = re.findall(r"`(tests/[\w/]+\.py)(?:: (\w+))?`", (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("file", "test"), sorted(set(CITED)), ids=lambda part: part.rsplit("/", 1)[-1])
def test_what_is_cited_is_there(file: str, test: str):
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    assert f"def {test}(" in text if test else "def test_" in text


def test_no_line_of_defence_is_without_a_test():
    told = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8").split("## What is not trusted", 1)[1]
    table = [line for line in told.split("\n\n")[1].splitlines() if line.startswith("| ")][2:]
    assert len(table) > 5
    assert [line for line in table if "`tests/" not in line] == []
