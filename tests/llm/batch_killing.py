"""Runs in batches, killed before each of their steps in turn, by themselves: process after process asks the same.

A step is an SQL statement that changes something, an HTTP request before it is sent, or its response before it is read.
The n-th process is killed before its n-th step, until one gets through. After each another one finishes the work, in
the mode that is named. What the store then holds is printed as JSON.
"""

import json
import sys
from itertools import count
from pathlib import Path

import httpx2

from dagster_and.describers.llm import open_llm_describer
from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.home import Home
from dagster_and.llm import batch_fetching, batch_lines
from dagster_and.llm.answers import AnswerStore
from tests.llm.killing import in_a_process, killed_before

QUESTIONS = 3
STEPS = ("INSERT", "UPDATE", "DELETE", "COMMIT", "HTTP")


def judge(url: str, root: Path, name: str, mode: str = "batch") -> None:
    """In two batches at first, whose answers are kept in several transactions."""
    batch_lines.MOST_REQUESTS = 2
    batch_fetching.CHUNK = 1
    section = LlmDescriber(kind="llm", base_url=url, model="tiny", mode=mode, backoff_s=0.01)
    words = [f"{name} {number}" for number in range(QUESTIONS)]
    replies = open_llm_describer(section, Home(root), "mine").judge(words)
    assert [reply.value for reply in replies] == [False] * QUESTIONS


def doomed(step: int, *arguments) -> None:
    step_is_taken = killed_before(step, lambda taken: taken.upper().startswith(STEPS))
    send = httpx2.Client.send

    def sent(self, request, **options):
        step_is_taken("HTTP request")
        response = send(self, request, **options)
        step_is_taken("HTTP response")
        return response

    httpx2.Client.send = sent
    judge(*arguments)


def held(root: Path) -> dict:
    """Answers and calls, by how they have ended, and lines of batches under way."""
    store = AnswerStore(Home(root))
    return {
        "answers": dict(store.rows("select status, count(*) from answers group by status")),
        "calls": dict(store.rows("select coalesce(outcome, 'open'), count(*) from calls group by 1")),
        "open": store.rows("select count(*) from batch_lines where is_open = 1")[0][0],
    }


if __name__ == "__main__":
    url, homes, mode = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    for step in count(1):
        root, name = homes / str(step), f"step {step} word"
        through = in_a_process(doomed, step, url, root, name)
        in_a_process(judge, url, root, name, mode)
        print(json.dumps({"name": name, "through": through} | held(root)))
        if through:
            break
