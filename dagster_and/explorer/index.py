"""What ``static/search.js`` searches in a copy of the site: every neuron of a dissection, as small as it gets."""

import json
import math
from collections.abc import Iterable
from typing import Any

from dagster_and.explorer.searching import CARRIED, STATED, TRUSTED_FIRST
from dagster_and.explorer.warehouse import Reader

STEPS = 10_000
"""Of a trust."""


def ranked(reader: Reader, name: str) -> list[int]:
    """Every neuron_id of a dissection, in the order in which a search for nothing shows them."""
    return reader.column(
        f"select neuron_id from neuron_descriptions where dissection = ? order by {TRUSTED_FIRST}", name
    )


def index(reader: Reader, name: str, pages: int) -> str:
    """The index as a script: pages on a disk can load scripts, not data.

    Neurons stand in the order of :func:`ranked`, and whatever is told of them is a list in that order; a set of neurons
    is the first place and then the steps to the next ones. The words of what is stated of neurons and of what they are
    described by are listed once, each with its two sets.

    Args:
        reader: of the warehouse.
        name: of the dissection.
        pages: so many neurons, the first ones, have a page.
    """
    rows = reader.rows(
        f"""
        select
            neuron_id, block_index, sublayer, neuron_index, class_label, verdict, trust, trust_low, trust_high,
            coalesce(statement, label) is not null as holds, coalesce(statement, label, description) as said,
            lower({STATED}) as stated, lower(coalesce(description, '')) as described
        from neuron_descriptions where dissection = ? order by {TRUSTED_FIRST}
        """,
        name,
    )
    concepts = reader.column("select concept from dim_concepts where dissection = ? order by concept", name)
    place = {row["neuron_id"]: i for i, row in enumerate(rows)}
    carried: dict[str, set[int]] = {}
    for row in reader.rows(f"select distinct * from ({CARRIED})", name, name):
        carried.setdefault(row["concept"], set()).add(place[row["neuron_id"]])
    layers, verdicts, texts = _Listed(), _Listed(), _Listed()
    words = [dict.fromkeys(row["stated"].split()) for row in rows]
    described = [dict.fromkeys(row["described"].split()) for row in rows]
    known = sorted({word for own in (*words, *described) for word in own})
    told: dict[str, Any] = {
        "pages": pages,
        "ids": [row["neuron_id"] for row in rows],
        "units": [row["neuron_index"] for row in rows],
        "layer": [layers.place((row["block_index"], row["sublayer"])) for row in rows],
        "verdict": [verdicts.place(row["verdict"]) for row in rows],
        "holds": [int(row["holds"]) for row in rows],
        "said": [texts.place(row["said"]) for row in rows],
        "classes": [texts.place(row["class_label"]) for row in rows],
        "trust": [_steps(row["trust"]) for row in rows],
        "low": [_steps(row["trust_low"]) for row in rows],
        "high": [_steps(row["trust_high"]) for row in rows],
        "layers": layers.known,
        "verdicts": verdicts.known,
        "texts": texts.known,
        "words": known,
        "stated": _sets(known, words),
        "described": _sets(known, described),
        "concepts": concepts,
        "carriers": [_apart(sorted(carried.get(concept.lower().replace("_", " "), ()))) for concept in concepts],
    }
    return f"window.neuronIndex = {json.dumps(told, ensure_ascii=False, separators=(',', ':'))};\n"


class _Listed:
    """Things listed once, in the order in which they came."""

    def __init__(self):
        self._places: dict[Any, int] = {}

    def place(self, thing: Any) -> int | None:
        return None if thing is None else self._places.setdefault(thing, len(self._places))

    @property
    def known(self) -> list[Any]:
        return list(self._places)


def _sets(known: list[str], words: list[dict[str, None]]) -> list[list[int]]:
    found: dict[str, list[int]] = {word: [] for word in known}
    for place, own in enumerate(words):
        for word in own:
            found[word].append(place)
    return [_apart(places) for places in found.values()]


def _apart(places: Iterable[int]) -> list[int]:
    last, steps = 0, []
    for place in places:
        steps.append(place - last)
        last = place
    return steps


def _steps(value: float | None) -> int | None:
    """Rounded down, so that what is not reached does not look as if it were."""
    return None if value is None else math.floor(value * STEPS + 1e-6)
