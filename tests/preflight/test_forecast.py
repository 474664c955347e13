"""The dry run says how many calls are to come, and the run then makes just so many."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from dagster_and.cli.app import app
from dagster_and.describers.describer import Choice
from dagster_and.describers.llm import open_llm_describer
from dagster_and.dissection import Dissection, LlmDescriber, find
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ACTIVATIONS, CLIP_CAPTIONS, CONCEPTS, PROBING_CLIPS, SUMMARIES, TOP_CLIPS, Table
from dagster_and.method.activations.pooling import statistics
from dagster_and.method.evidence.halves import half_evidence, halves
from dagster_and.preflight.forecast import forecast
from tests.llm_server import LlmServer, serving

TEXTS = ["a dog barks", "a dog growls", "rain falls", "a bell rings"]
SETS = {0: ([0, 1], [2, 3]), 1: ([1, 0], [2, 3]), 2: ([2, 3], [0, 2])}
"""Neuron: its highest and its lowest clips; four distinct sets."""


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with serving() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, server: LlmServer, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path)
    home.dissections.mkdir()
    (home.dissections / "mine.yaml").write_text(
        "probing: {layout: soundbank, clips_per_class: 5}\ncaptions: {captioner: dataset}\n"
        "target: {family: embedded_ast, hidden_size: 16, blocks: 1, heads: 2}\n"
        "describer: {kind: llm, base_url: '${AND_TEST_URL}', model: tiny}\n"
    )
    monkeypatch.setenv("AND_HOME", str(tmp_path))
    monkeypatch.setenv("AND_TEST_URL", server.url)
    return home


def fill(home: Home, table: Table, rows: list[dict]) -> None:
    frame = pl.DataFrame(rows, infer_schema_length=None)
    missing = {name: pl.lit(None) for name in table.schema.names if name not in frame.columns}
    Lake(home.lake).write(table, "mine", frame.with_columns(**missing).cast(dict(table.frame_schema)), Stamp("x", {}))


def fill_evidence(home: Home) -> None:
    captions = [{"clip_id": i, "caption": text, "captioner": "dataset"} for i, text in enumerate(TEXTS)]
    tops = [
        {"neuron_id": n, "direction": direction, "rank": rank + 1, "clip_id": clip, "activation": 0.0}
        for n, both in SETS.items() for direction, clips in zip(("highest", "lowest"), both, strict=True)
        for rank, clip in enumerate(clips)
    ]  # fmt: skip
    fill(home, CLIP_CAPTIONS, captions)
    fill(home, TOP_CLIPS, tops)
    fill(home, CONCEPTS, [{"concept_id": i, "concept": word} for i, word in enumerate(("dog", "rain"))])


def fill_folds(home: Home, folds: list[int | None]) -> None:
    """Probing clips in these folds; all else of them is the same."""
    clip = {
        "filename": "a.wav", "path": "/a.wav", "sha256": "0" * 64, "label": "dog", "labels": ["dog"], "duration_s": 1.0,
        "window_s": 1.0, "is_cropped": False, "is_padded": False, "sample_rate_hz": 16000, "channels": 1,
        "rms_dbfs": -20.0,
    }  # fmt: skip
    fill(home, PROBING_CLIPS, [clip | {"clip_id": i, "fold": fold} for i, fold in enumerate(folds)])


def calls(home: Home) -> dict[str, tuple[str, int]]:
    return {line.task: (line.certainty, line.estimate.calls) for line in forecast(find("mine", home), home)}


def run_describer(dissection: Dissection, home: Home) -> list[str]:
    """Summarise every set as the room does; the summaries."""
    assert isinstance(dissection.describer, LlmDescriber)
    describer = open_llm_describer(dissection.describer, home, dissection.name)
    sets = [tuple(TEXTS[clip] for clip in clips) for both in SETS.values() for clips in both]
    said = [reply.value or "" for reply in describer.summarise(sets)]
    rows = [
        {"neuron_id": n, "direction": direction, "summary": said[2 * n + i], "describer": describer.name}
        for n in SETS for i, direction in enumerate(("highest", "lowest"))
    ]  # fmt: skip
    fill(home, SUMMARIES, rows)
    return said[::2]


def test_a_dissection_without_evidence_has_bounds_from_its_sizes(home, server):
    n = 1 * (16 + 64 + 16) + 10
    assert calls(home) == {
        "summarise": ("at most", 2 * n),
        "choose": ("at most", n),
        "judge": ("about", 300),
        "detect": ("at most", 5 * n),
        "write": ("at most", n),
    }
    assert server.calls == 0


def test_with_the_evidence_it_is_exact_and_shrinks_to_nothing(home, server):
    fill_evidence(home)
    n = 1 * (16 + 64 + 16) + 10
    assert calls(home) == {
        "summarise": ("exactly", 3),
        "choose": ("at most", 2),
        "judge": ("about", 300),
        "detect": ("at most", 5 * n),
        "write": ("at most", n),
    }
    dissection = find("mine", home)
    said = run_describer(dissection, home)
    assert server.calls == 3
    assert calls(home)["summarise"] == ("exactly", 0)
    assert calls(home)["choose"] == ("exactly", 2)
    assert isinstance(dissection.describer, LlmDescriber)
    describer = open_llm_describer(dissection.describer, home)
    describer.choose([Choice(text, ("dog", "rain"), 2) for text in said])
    assert server.calls == 5
    assert calls(home)["choose"] == ("exactly", 0)


def add_to_file(home: Home, sections: str) -> None:
    path = home.dissections / "mine.yaml"
    path.write_text(path.read_text() + sections)


def test_a_cap_bounds_what_is_not_known_yet(home):
    add_to_file(home, "summaries: {neurons_per_layer: 2}\n")
    n = 3 * 2 + 10
    assert calls(home) == {
        "summarise": ("at most", 2 * n),
        "choose": ("at most", n),
        "judge": ("about", 300),
        "detect": ("at most", 5 * n),
        "write": ("at most", n),
    }


def test_under_a_cap_only_the_chosen_neurons_count(home):
    add_to_file(home, "summaries: {neurons_per_layer: 2, choice: first}\n")
    fill_evidence(home)
    assert calls(home) == {
        "summarise": ("exactly", 2),
        "choose": ("at most", 1),
        "judge": ("about", 300),
        "detect": ("at most", 5 * (3 * 2 + 10)),
        "write": ("at most", 3 * 2 + 10),
    }


def test_concepts_stand_in_the_order_of_their_table(home, server):
    """Equal to what the room concept_choices asks, for a concept set that is not in alphabetical order."""
    fill_evidence(home)
    fill(home, CONCEPTS, [{"concept_id": i, "concept": word} for i, word in enumerate(("rain", "bell", "dog"))])
    dissection = find("mine", home)
    said = run_describer(dissection, home)
    assert isinstance(dissection.describer, LlmDescriber)
    describer = open_llm_describer(dissection.describer, home)
    describer.choose([Choice(text, ("rain", "bell", "dog"), 3) for text in said])
    assert calls(home)["choose"] == ("exactly", 0)


def test_halves_are_counted_where_they_are_described(home, server):
    add_to_file(home, "top_clips: {k: 2}\nevidence: {stability: on}\n")
    n = 1 * (16 + 64 + 16) + 10
    assert calls(home)["summarise halves"] == ("at most", 4 * n)
    fill_evidence(home)
    fill_folds(home, [0, 1, 0, 1])
    values = np.random.default_rng(0).normal(size=(3, len(TEXTS))).astype(np.float32)
    columns = {"neuron_id": range(3), "activation": values.tolist(), **statistics(values)}
    fill(home, ACTIVATIONS, pl.DataFrame(columns).to_dicts())
    dissection = find("mine", home)
    parts = halves([*TEXTS], [0, 1, 0, 1])
    evidence = half_evidence(Lake(home.lake).batches(ACTIVATIONS, "mine"), TEXTS, parts, 2, {0, 1, 2}, "left out")
    known = {tuple(sorted(TEXTS[clip] for clip in clips)) for both in SETS.values() for clips in both}
    left = {tuple(sorted(one)) for one in evidence.asked()} - known
    assert calls(home)["summarise halves"] == ("exactly", len(left))
    run_describer(dissection, home)
    assert isinstance(dissection.describer, LlmDescriber)
    open_llm_describer(dissection.describer, home).summarise(evidence.asked())
    assert server.calls == 3 + len(left)
    assert calls(home)["summarise halves"] == ("exactly", 0)


@pytest.mark.parametrize("setting", ["auto", "off"])
def test_an_llm_is_not_asked_about_halves_unless_told_to(home, setting: str):
    add_to_file(home, f"evidence: {{stability: {setting}}}\n")
    assert "summarise halves" not in calls(home)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the command prints."""
    text = io.StringIO()
    monkeypatch.setattr("dagster_and.cli.running.console", Console(file=text, width=200))
    return text


def test_the_command_prints_it_and_makes_nothing(home, server, printed):
    fill_evidence(home)
    made = sorted((home.root / "lake").rglob("*"))
    result = CliRunner().invoke(app, ["run", "mine", "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "About 941 calls to come" in printed.getvalue()
    assert "summarise" in printed.getvalue()
    assert f"describer: tiny at {server.url}" in printed.getvalue()
    assert server.calls == 0
    assert sorted((home.root / "lake").rglob("*")) == made


def in_mode(home: Home, settings: str) -> None:
    path = home.dissections / "mine.yaml"
    path.write_text(path.read_text().replace("model: tiny", f"model: tiny, {settings}"))
    fill_evidence(home)


PRICED = (
    "mode: batch, usd_per_million_prompt_tokens: 2, usd_per_million_completion_tokens: 8, batch_discount: 0.5, "
    "max_cost_usd: 20, max_calls: 5000"
)


def test_the_dry_run_says_what_batches_cost_how_long_they_take_and_what_a_stop_means(home, server, printed):
    in_mode(home, PRICED)
    assert CliRunner().invoke(app, ["run", "mine", "--dry-run"]).exit_code == 0
    said = " ".join(printed.getvalue().split())
    cost = sum(line.estimate.cost_usd or 0 for line in forecast(find("mine", home), home))
    assert f"batches: about 941 requests in 5 files to tiny, about US$ {cost:.2f}, 50% less than single calls; " in said
    assert "ceiling: max_cost_usd 20, of which 0.00 is spent and max_calls 5,000, of which 0 are made" in said
    assert "each is answered within 24 h, and 5 tasks wait for each other: 5 days at most" in said
    assert "`dissect run mine` fetches the answers, in any mode" in said
    assert server.calls == 0


def test_the_check_says_the_same_and_which_prices_and_ceilings_are_missing(home, monkeypatch: pytest.MonkeyPatch):
    text = io.StringIO()
    monkeypatch.setattr("dagster_and.cli.checking.console", Console(file=text, width=500))
    in_mode(home, "mode: batch")
    assert CliRunner().invoke(app, ["check", "mine"]).exit_code == 0
    assert (
        "batches: about 941 requests in 5 files to tiny, at an unknown price (write usd_per_million" in text.getvalue()
    )
    assert "; no ceiling (write max_cost_usd or max_calls)\n" in text.getvalue()


def test_files_are_said_to_lie_in_the_home(home, printed):
    in_mode(home, "mode: file")
    assert CliRunner().invoke(app, ["run", "mine", "--dry-run"]).exit_code == 0
    said = " ".join(printed.getvalue().split())
    assert f"files: about 941 requests in 5 files in {home.root / 'batches'}; at each task the run stops" in said
    assert "24 h" not in said


def test_the_embedded_describer_calls_nobody(home, printed):
    path = home.dissections / "mine.yaml"
    path.write_text(path.read_text().split("describer:")[0])
    result = CliRunner().invoke(app, ["run", "mine", "--dry-run"])
    assert result.exit_code == 0
    assert "No model is asked: 0 calls." in printed.getvalue()
