"""What a language model would be asked and would answer about a finished dissection: bytes of prompts and answers."""

import json
from collections.abc import Iterable
from typing import Any

from dagster_and.dissection import find
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ADJECTIVES, CONCEPT_CHOICES, CONCEPTS, NEURON_SENTENCES, SUMMARIES
from dagster_and.preflight.forecast import Plan, plans


def asked(home: Home, name: str) -> dict[str, dict[str, float]]:
    """By task: prompts that were made of the tables, and the mean bytes of a prompt and of an answer in its form.

    The answers are the embedded describer's, in the JSON that a model would have to write.
    """
    dissection, lake = find(name, home), Lake(home.lake)
    describer = lake.read(SUMMARIES, name, ["describer"])["describer"].drop_nulls()[0]
    answers = _answers(lake, name)
    found = {}
    for plan in plans(dissection, home, lake, describer):
        if plan.task in answers:
            found[plan.task] = {
                "prompts": len(plan.requests), "prompt_bytes": _prompt_bytes(plan), "answer_bytes": answers[plan.task],
            }  # fmt: skip
    return found


def _prompt_bytes(plan: Plan) -> float:
    requests = plan.requests or (plan.typical,)
    return _mean(len(json.dumps(request.messages()).encode()) for request in requests if request)


def _answers(lake: Lake, name: str) -> dict[str, float]:
    choices = lake.read(CONCEPT_CHOICES, name).drop_nulls("concept_id").sort("neuron_id", "rank")
    chosen = choices.group_by("neuron_id", maintain_order=True).agg("concept_id")["concept_id"].to_list()
    names = lake.read(CONCEPTS, name).sort("concept_id")["concept"].to_list()
    summaries = lake.read(SUMMARIES, name)["summary"].drop_nulls()
    sentences = lake.read(NEURON_SENTENCES, name)["sentence"].drop_nulls()
    verdicts = {str(clip): "yes" for clip in range(1, 5)}
    return {
        "summarise": _bytes({"summary": text} for text in summaries),
        "choose": _bytes({"concepts": [names[i] for i in ids]} for ids in chosen),
        "judge": _bytes({"answer": "yes"} for _ in range(max(1, lake.read(ADJECTIVES, name).height))),
        "detect": _bytes([{"verdicts": verdicts}]),
        "write": _bytes({"sentence": text} for text in sentences),
    }


def _bytes(answers: Iterable[Any]) -> float:
    return _mean(len(json.dumps(answer).encode()) for answer in answers)


def _mean(numbers: Iterable[int]) -> float:
    listed = list(numbers)
    return sum(listed) / len(listed)
