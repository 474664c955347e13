"""Runs killed before each SQL statement in turn, by themselves: process after process asks for one summary.

The n-th is killed before its n-th statement, until one gets through. After each of them another finishes its work. What
the store held between the two is printed as JSON.
"""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import openai  # noqa: F401 - once, before the processes part

from dagster_and.describers.llm import open_llm_describer
from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.home import Home
from dagster_and.llm.answers import FILE


def summarise(url: str, root: Path, caption: str) -> None:
    section = LlmDescriber(kind="llm", base_url=url, model="tiny", concurrency=1)
    open_llm_describer(section, Home(root)).summarise([(caption,)])


def killed_before(statement: int, counts: Callable[[str], bool] = lambda _: True) -> Callable[[str], None]:
    """From now on: this process does not live to run so many SQL statements; what is returned counts as one, too."""
    left = count(statement, -1)

    def dying(step: str) -> None:
        if counts(step) and next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    class Traced(sqlite3.Connection):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.set_trace_callback(dying)

    sqlite3.connect = partial(sqlite3.connect, factory=Traced)
    return dying


def in_a_process(work, *arguments) -> bool:
    """Whether it got through."""
    child = os.fork()
    if not child:
        work(*arguments)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFEXITED(status)


def doomed(statement: int, *arguments) -> None:
    killed_before(statement)
    summarise(*arguments)


def held(root: Path) -> dict[str, int]:
    """Answers, calls begun and calls answered in the store."""
    store = sqlite3.connect(root / FILE)
    tables = store.execute("select count(*) from sqlite_master where name = 'calls'").fetchone()[0]
    queries = {
        "kept": "select count(*) from answers",
        "begun": "select count(*) from calls",
        "ended": "select count(*) from calls where outcome = 'answered'",
    }
    found = {name: store.execute(query).fetchone()[0] if tables else 0 for name, query in queries.items()}
    store.close()
    return found


if __name__ == "__main__":
    url, homes = sys.argv[1], Path(sys.argv[2])
    for statement in count(1):
        root, caption = homes / str(statement), f"caption {statement}."
        through = in_a_process(doomed, statement, url, root, caption)
        between = held(root)
        in_a_process(summarise, url, root, caption)
        print(json.dumps({"caption": caption, "through": through} | between | {"finally": held(root)}))
        if through:
            break
