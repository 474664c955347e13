"""Language models that answer badly, late, or not at all: every task of the describer, and whole runs."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from dagster_and.describers import Choice, Detection
from dagster_and.describers.llm import OpenAiCompatibleDescriber, open_llm_describer
from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.method.evidence.material import Material
from tests.end_to_end.conftest import TINY
from tests.faults.llm_scripts import KEY, SCRIPTS
from tests.faults.trying import Tried, ended, ended_well, undisturbed
from tests.llm_server import LlmServer, Say, Script, serving

VARIABLE = "FAULTS_KEY"
SETTINGS = {"timeout_s": 4.0, "backoff_s": 0.01, "max_retries": 1, "concurrency": 4, "longest_wait_s": 2.0}
ACROSS_A_RUN = (
    "500 to every third", "401", "no JSON", "answers that are no JSON", "answers with half a character",
    "the connection cut", "instructions within",
)  # fmt: skip
"""What whole runs are tried with, too."""
TASKS: dict[str, Callable[[OpenAiCompatibleDescriber], list[Any]]] = {
    "summarise": lambda describer: describer.summarise([(f"caption {n}", "a dog barks") for n in range(8)]),
    "choose": lambda describer: describer.choose([Choice("Loud dogs.", ("dog", "rain", f"wind {n}"), 2) for n in "ab"]),
    "judge": lambda describer: describer.judge(["loud", "wooden", "sharp", "blue"]),
    "detect": lambda describer: describer.detect([Detection("loud dogs", ("a loud dog", "rain", "a quiet cat"))]),
    "write": lambda describer: describer.write([Material("dog"), Material("rain", second="wind")]),
}


def llm(place: Path, times: int, _: Random) -> Iterator[Tried]:
    """A server with one fault at a time is asked everything that a describer asks, and again once it is mended.

    It holds where all ends in an answer, in a reason or in one sentence, where nobody is told the key, and where no
    request that had a whole answer is sent again.
    """
    os.environ[VARIABLE] = KEY
    for name, script in list(SCRIPTS.items())[: times or None]:
        home = Home(place / re.sub(r"\W+", "-", name))
        with serving(script) as server:
            answered = _noted(server)
            faults, outcome = _asked(server, home)
            server.script = lambda *_: None
            before = server.calls
            faults += _asked(server, home)[0]
            repeated = [body for body in server.requests[before:] if _key(body) in answered]
        faults += [f"{len(repeated)} requests were sent again that had been answered"] if repeated else []
        told = [path.name for path in home.root.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
        faults += [f"the key stands in {', '.join(told)}"] if told else []
        calls = f"; {before} calls, {server.calls - before} once mended"
        yield Tried("llm", name, not faults, "; ".join(faults) if faults else outcome + calls)
    if not times:
        yield _sent_on(place / "sent on")


def language_models(place: Path, times: int, _: Random) -> Iterator[Tried]:
    """The same in a whole run: it ends well or says why, and no key is told; and then a run with the server mended."""
    os.environ[VARIABLE] = KEY
    for name in ACROSS_A_RUN[: times or None]:
        house = undisturbed(place / re.sub(r"\W+", "-", name))
        with serving(SCRIPTS[name]) as server:
            house.add("tiny", TINY + _describer(server.url))
            run = house.dissect("run", "tiny")
            holds, outcome = ended(run)
            leaks = [p.name for p in house.home.root.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]
            if KEY in run.printed or leaks:
                holds, outcome = False, f"the key was told: {', '.join(leaks) or 'printed'}"
            yield Tried("language model", name, holds, outcome)
            server.script = lambda *_: None
            asked = server.calls
            holds, outcome = ended_well(house.dissect("run", "tiny"))
            kept = f"; {asked} calls before, {server.calls - asked} after"
            yield Tried("language model", f"{name}, then mended", holds, outcome + kept)
        shutil.rmtree(house.home.root)


def _sent_on(place: Path) -> Tried:
    """A server that sends its clients, with all that they ask, to another one: that is not told the key."""
    with serving() as stranger:
        elsewhere = {"Location": f"{stranger.url.replace('127.0.0.1', 'localhost')}/chat/completions"}
        with serving(lambda *_: Say(status=307, headers=elsewhere)) as server:
            faults, outcome = _asked(server, Home(place))
    faults += ["the key was sent on"] if any(KEY in told for told in stranger.authorizations) else []
    return Tried("llm", f"a redirect to a stranger, who was asked {stranger.calls} times", not faults,
                 "; ".join(faults) or outcome)  # fmt: skip


def _asked(server: LlmServer, home: Home) -> tuple[list[str], str]:
    """What is wrong with how each task ended, and how they ended."""
    section = LlmDescriber(
        **{"kind": "llm", "base_url": server.url, "model": "tiny", "api_key_env": VARIABLE} | SETTINGS
    )
    faults, ends, answers, reasons = [], [], 0, 0
    for task, ask in TASKS.items():
        try:
            replies = ask(open_llm_describer(section, home, "tiny"))
        except UserError as error:
            ends.append(f"{task}: {error}")
            faults += [f"{task}: {error!r}"] if "\n" in str(error) or KEY in str(error) else []
        except Exception as error:
            faults.append(f"{task}: {type(error).__name__}: {str(error)[:200]}")
        else:
            answers += sum(reply.value is not None for reply in replies)
            reasons += sum(reply.value is None and bool(reply.missing_reason) for reply in replies)
            faults += [f"{task}: {reply}" for reply in replies if reply.value is None and not reply.missing_reason]
            faults += [f"{task} tells the key" for reply in replies if KEY in repr(reply)]
    ends = list(dict.fromkeys(end.split(": ", 1)[1] for end in ends))
    return faults, "; ".join([f"{answers} answers, {reasons} reasons", *ends[:1]])


def _noted(server: LlmServer) -> set[str]:
    """Keys of all requests that the server answers whole, from now on."""
    answered: set[str] = set()
    script: Script = server.script

    def noting(body: dict[str, Any], number: int) -> Say | None:
        say = script(body, number)
        if say is None or (
            say.status == 200 and (say.body, say.cut_after, say.delay_s, say.headers) == (None, None, 0, {})
        ):
            answered.add(_key(body))
        return say

    server.script = noting
    return answered


def _key(body: dict[str, Any]) -> str:
    return json.dumps([body["messages"], body.get("seed")])


def _describer(url: str) -> str:
    return (
        f"describer: {{kind: llm, base_url: '{url}', model: tiny, api_key_env: {VARIABLE}, max_retries: 1, "
        "timeout_s: 3}\n"
    )
