"""The room's detection by a server over real HTTP: chance, knowledge, the ceiling, the ledger and the dry run."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.evidence import detected
from dagster_and.describers import Detector, open_detector
from dagster_and.dissection import find
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS, CLIP_CAPTIONS, LABEL_PARTS, NEURON_LABELS, NEURONS
from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.collecting import collect, spent_frame
from dagster_and.method.activations.pooling import statistics
from dagster_and.method.evidence.description_scores import ends
from dagster_and.preflight.forecast import forecast
from tests.llm_server import LlmServer, Say, serving
from tests.preflight.test_forecast import fill, fill_folds

CLIPS, NEURON_COUNT = 120, 5
VALUES = np.random.default_rng(0).normal(size=(NEURON_COUNT, CLIPS)).astype(np.float32)
FOLDS: list[int | None] = [clip % 3 for clip in range(CLIPS)]
HIGHEST = {n: set(np.flatnonzero(ends(VALUES[[n]]).high[0]).tolist()) for n in range(NEURON_COUNT)}
"""The highest tenth."""
TOLD = {0: [None] * 3, 1: ["neuron 1"] * 3, 2: ["neuron 2", "neuron 2", None], 3: ["neuron 3", "loud neuron 3", None],
        4: ["neuron 4"] * 3}  # fmt: skip
"""Neuron: what is told of it in each part; five questions in all."""


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Home, LlmServer]]]:
    """A home with five neurons, four of them labelled, and the LLM that describes; more settings of the describer."""
    with ExitStack() as stack:

        def start(verdict: Callable[[int, int], str], settings: str = "") -> tuple[Home, LlmServer]:
            server = stack.enter_context(serving(lambda body, _: detecting(body, verdict)))
            monkeypatch.setenv("AND_TEST_URL", server.url)
            home = Home(tmp_path)
            home.dissections.mkdir(exist_ok=True)
            (home.dissections / "mine.yaml").write_text(
                "probing: {layout: soundbank, clips_per_class: 12}\ncaptions: {captioner: dataset}\n"
                "target: {family: embedded_ast, hidden_size: 16, blocks: 1, heads: 2}\n"
                f"describer: {{kind: llm, base_url: '${{AND_TEST_URL}}', model: tiny, concurrency: 1{settings}}}\n"
            )
            fill_lake(home)
            return home, server

        yield start


def detecting(body: dict[str, Any], verdict: Callable[[int, int], str]) -> Say:
    """What an LLM says that has ``verdict`` of neuron and clip, both of which it is told by number."""
    user = body["messages"][1]["content"]
    neuron = int(re.findall(r"neuron (\d+)", user)[0])
    clips = json.loads(user.split("<clips>\n")[1].split("\n")[0])
    said = {number: verdict(neuron, int(caption.split()[1])) for number, caption in clips.items()}
    return Say(json.dumps({"verdicts": said}))


def fill_lake(home: Home) -> None:
    neurons = range(NEURON_COUNT)
    fill(home, CLIP_CAPTIONS, [{"clip_id": i, "caption": f"clip {i}", "captioner": "dataset"} for i in range(CLIPS)])
    columns = {"neuron_id": neurons, "activation": VALUES.tolist(), **statistics(VALUES)}
    fill(home, ACTIVATIONS, pl.DataFrame(columns).to_dicts())
    place = {"target": "t", "block_index": 0, "sublayer": "output", "layer_name": "0.output"}
    fill(home, NEURONS, [place | {"neuron_id": n, "neuron_index": n} for n in neurons])
    fill_folds(home, FOLDS)
    fill(home, NEURON_LABELS, [{"neuron_id": n, "mode": 1, "verdict": "labelled" if n else "no_label", "forms_tried": 9,
                                "label": f"neuron {n}" if n else None, "clips": CLIPS} for n in neurons])  # fmt: skip
    fill(home, LABEL_PARTS, [{"neuron_id": n, "part": part, "label": label, "clips": CLIPS // 3, "form_clips": 9}
                             for n, told in TOLD.items() for part, label in enumerate(told)])  # fmt: skip


def made(home: Home) -> tuple[pl.DataFrame, Detector]:
    """The rows as the asset makes them."""
    dissection = find("mine", home)
    llm = open_detector(dissection, home)
    assert llm is not None
    return detected(dissection, Lake(home.lake), llm), llm


def left(home: Home) -> tuple[str, int]:
    """What the dry run says of the task."""
    return next((f.certainty, f.estimate.calls) for f in forecast(find("mine", home), home) if f.task == "detect")


def test_an_llm_that_says_the_same_of_every_clip_is_at_chance(serve):
    for always in ("yes", "no"):
        home, _ = serve(lambda *_, always=always: always)
        assert made(home)[0]["score"].to_list() == [None, 0.5, 0.5, 0.5, 0.5]


def test_an_informed_llm_scores_1_and_every_score_has_its_answer(serve):
    home, server = serve(lambda neuron, clip: "yes" if clip in HIGHEST[neuron] else "no")
    table, llm = made(home)
    assert table["score"].to_list() == [None, 1.0, 1.0, 1.0, 1.0]
    assert table["clips"].to_list()[:2] == [0, 20]
    assert table["claim"].to_list() == [None, "neuron 1", "neuron 2", "neuron 3", "neuron 4"]
    assert table["answer_ids"].list.len().to_list() == [None, 1, 1, 2, 1]
    answers = collect(home, [table])
    assert answers.select("task", "status").rows() == [("detect", "usable")] * 5
    assert spent_frame(llm, "detect")["calls"].to_list() == [server.calls] == [5]


def test_clips_are_of_the_parts_that_are_told_the_label(serve):
    seen: dict[int, set[int]] = {}
    home, server = serve(lambda neuron, clip: seen.setdefault(neuron, set()).add(clip) or "yes")
    made(home)
    assert {clip % 3 for clip in seen[2]} == {0, 1}  # its third part was told nothing
    assert {clip % 3 for clip in seen[3]} == {0, 1}
    assert {clip % 3 for clip in seen[4]} == {0, 1, 2}
    assert server.calls == 5


def test_the_dry_run_counts_its_calls_exactly(serve):
    home, server = serve(lambda *_: "yes")
    assert left(home) == ("exactly", 5)
    assert server.calls == 0
    made(home)
    assert server.calls == 5
    assert left(home) == ("exactly", 0)


def test_the_ceiling_stops_it_and_it_goes_on_from_there(serve):
    home, _ = serve(lambda *_: "yes", ", max_calls: 2")
    with pytest.raises(UserError, match="max_calls is 2"):
        made(home)
    assert left(home) == ("exactly", 3)
    file = home.dissections / "mine.yaml"
    file.write_text(file.read_text().replace("max_calls: 2", "max_calls: 5"))
    assert made(home)[0]["score"].null_count() == 1
    assert AnswerStore(home).rows("select task, count(*) from calls group by task") == [("detect", 5)]


def test_a_verdict_that_is_none_is_kept_with_its_reason(serve):
    home, server = serve(lambda neuron, _: "perhaps" if neuron == 2 else "yes", ", max_attempts: 2")
    table, _ = made(home)
    assert table["missing_reason"][2].startswith("unparsable: verdicts says neither yes nor no of 1")
    assert table["score"].is_null().to_list() == [True, False, True, False, False]
    assert server.calls == 4 + 2
    assert collect(home, [table]).filter(status="unparsable").height == 2


@pytest.mark.parametrize("setting", ["evidence: {detection: off}", "describer: {kind: counting}"])
def test_off_and_without_an_llm_nobody_is_asked(serve, setting: str):
    home, server = serve(lambda *_: "yes")
    file = home.dissections / "mine.yaml"
    kept = file.read_text() if "evidence" in setting else file.read_text().split("describer:")[0]
    file.write_text(f"{kept}{setting}\n")
    assert open_detector(find("mine", home), home) is None
    assert "detect" not in [line.task for line in forecast(find("mine", home), home)]
    assert server.calls == 0
