"""The neurons' sentences by a server over real HTTP: used, refused, capped, counted beforehand, and traced."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.evidence import written
from dagster_and.describers import Writer, open_writer
from dagster_and.dissection import find
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ATOMS, CLIP_ACOUSTICS, CLIP_CAPTIONS, EVIDENT_WORDS, NEURON_LABELS, NEURONS
from dagster_and.llm.answers import AnswerStore
from dagster_and.llm.collecting import collect, spent_frame
from dagster_and.method.evidence.sentences import CAPPED, NO_LABEL
from dagster_and.preflight.forecast import forecast
from tests.llm_server import LlmServer, Say, evidence, serving
from tests.preflight.test_forecast import fill

LABELS = {0: "dog bark", 1: "rain", 2: "dog bark", 3: None, 4: "anything but rain"}
FORMS = {"dog bark": ("dog bark", [0]), "rain": ("rain", [1]), "anything but rain": ("NOT rain", [1])}
CAPTIONS = ["A loud dog barks."] * 6 + ["It is rain."] * 6
RULES = ["Dog barks, mostly loud.", "Rain.", "Dog barks.", None, "Anything but rain, such as dog barks."]

Serve = Callable[..., tuple[Home, LlmServer]]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """A home with five neurons, four of them labelled, and the LLM that writes; more lines of the dissection file."""
    with ExitStack() as stack:

        def start(
            say: Callable[[dict[str, Any]], str | None], settings: str = "", more: str = ""
        ) -> tuple[Home, LlmServer]:
            server = stack.enter_context(serving(lambda body, _: writing(body, say)))
            monkeypatch.setenv("AND_TEST_URL", server.url)
            home = Home(tmp_path)
            home.dissections.mkdir(exist_ok=True)
            (home.dissections / "mine.yaml").write_text(
                "probing: {layout: soundbank, clips_per_class: 12}\ncaptions: {captioner: dataset}\n"
                "target: {family: embedded_ast, hidden_size: 16, blocks: 1, heads: 2}\n"
                f"describer: {{kind: llm, base_url: '${{AND_TEST_URL}}', model: tiny, concurrency: 1{settings}}}\n"
                + more
            )
            fill_lake(home)
            return home, server

        yield start


def writing(body: dict[str, Any], say: Callable[[dict[str, Any]], str | None]) -> Say | None:
    """What an LLM says that makes ``say`` of the evidence; None for the usual answer."""
    said = say(evidence(json.loads(body["messages"][1]["content"].split("\n")[1])))
    return None if said is None else Say(json.dumps({"sentence": said}))


def fill_lake(home: Home) -> None:
    fill(home, CLIP_CAPTIONS, [{"clip_id": i, "caption": text, "captioner": "d"} for i, text in enumerate(CAPTIONS)])
    fill(home, CLIP_ACOUSTICS, [dict.fromkeys(CLIP_ACOUSTICS.schema.names, 0) | {"clip_id": i} for i in range(12)])
    atoms = [("dog bark", range(6)), ("rain", range(6, 12))]
    fill(home, ATOMS, [{"atom_id": i, "atom": name, "kind": "label", "clips": 6, "known_clips": 12,
                        "clip_ids": list(clips)} for i, (name, clips) in enumerate(atoms)])  # fmt: skip
    of_all = {"mode": 1, "verdict": "labelled", "forms_tried": 9, "clips": 12}
    named = [of_all | {"neuron_id": n, "label": label} for n, label in LABELS.items()]
    fill(home, NEURON_LABELS, [
        row | dict(zip(("form", "atom_ids"), FORMS.get(row["label"], (None, None)), strict=True)) for row in named
    ])  # fmt: skip
    tested = {"rank": 1, "auroc": 0.9, "word_clips": 6, "p_value": 1e-6, "q_value": 1e-5, "is_in_description": True}
    words = ((0, "loud"), (1, "loud"), (4, "bark"))
    fill(home, EVIDENT_WORDS, [tested | {"neuron_id": n, "word": word} for n, word in words])
    place = {"target": "t", "block_index": 0, "sublayer": "output", "layer_name": "0.output"}
    fill(home, NEURONS, [place | {"neuron_id": n, "neuron_index": n} for n in LABELS])


def made(home: Home) -> tuple[pl.DataFrame, Writer | None]:
    """The table as the asset makes it."""
    dissection = find("mine", home)
    llm = open_writer(dissection, home)
    return written(dissection, Lake(home.lake), llm), llm


def left(home: Home) -> tuple[str, int]:
    """What the dry run says of the task."""
    return next((f.certainty, f.estimate.calls) for f in forecast(find("mine", home), home) if f.task == "write")


def test_what_passes_is_used_and_has_its_answer(serve: Serve):
    home, server = serve(lambda told: f"It is {told['label']}.")
    table, llm = made(home)
    assert table["sentence"].to_list() == [
        "It is dog bark.", "It is rain.", "It is dog bark.", None, "It is anything but rain.",
    ]  # fmt: skip
    assert table["rule_sentence"].to_list() == RULES
    assert table["writer"].to_list() == ["llm:tiny", "llm:tiny", "llm:tiny", None, "llm:tiny"]
    assert collect(home, [table]).select("task", "status").rows() == [("write", "usable")] * 4
    assert spent_frame(llm, "write")["calls"].to_list() == [server.calls] == [4]


def test_what_adds_or_denies_something_is_asked_again_and_then_the_rule_stands(serve: Serve):
    said = {"dog bark": "A big dog barks.", "anything but rain": "Rain."}
    home, server = serve(lambda told: said.get(told["label"]), ", max_attempts: 2")
    table, _ = made(home)
    assert table["sentence"].to_list() == [*RULES[:1], "The sound of rain.", *RULES[2:]]
    assert table["writer"].to_list() == ["rule", "llm:tiny", "rule", None, "rule"]
    big = "unparsable: It says big, which is neither in the label nor in the evidence."
    assert table["missing_reason"].to_list() == [big, None, big, NO_LABEL, "unparsable: It does not deny rain."]
    assert table["answer_id"].null_count() == 1
    assert server.calls == 1 + 3 * 2


def test_the_dry_run_counts_its_calls_exactly_and_a_second_run_makes_none(serve: Serve):
    home, server = serve(lambda _: None)
    assert left(home) == ("exactly", 4)
    first, _ = made(home)
    assert (server.calls, left(home)) == (4, ("exactly", 0))
    assert made(home)[0].equals(first)
    assert server.calls == 4


def test_only_the_neurons_of_summaries_are_asked_about(serve: Serve):
    home, server = serve(lambda _: None, more="summaries: {neurons_per_layer: 2, choice: first}\n")
    assert left(home) == ("exactly", 2)
    table, _ = made(home)
    assert table["writer"].to_list() == ["llm:tiny", "llm:tiny", "rule", None, "rule"]
    assert table["missing_reason"].to_list() == [None, None, CAPPED, NO_LABEL, CAPPED]
    assert server.calls == 2


def test_the_ceiling_stops_it_and_it_goes_on_from_there(serve: Serve):
    home, _ = serve(lambda _: None, ", max_calls: 2")
    with pytest.raises(UserError, match="max_calls is 2"):
        made(home)
    assert left(home) == ("exactly", 2)
    file = home.dissections / "mine.yaml"
    file.write_text(file.read_text().replace("max_calls: 2", "max_calls: 4"))
    assert made(home)[0]["writer"].to_list().count("llm:tiny") == 4
    assert AnswerStore(home).rows("select task, count(*) from calls group by task") == [("write", 4)]


def test_off_nobody_is_asked(serve: Serve):
    home, server = serve(lambda _: None, more="evidence: {sentences: off}\n")
    table, llm = made(home)
    assert llm is None
    assert "write" not in [line.task for line in forecast(find("mine", home), home)]
    assert table["sentence"].to_list() == RULES
    assert table["missing_reason"].to_list() == [None, None, None, NO_LABEL, None]
    assert server.calls == 0
