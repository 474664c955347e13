"""The dry run says how many stretches about moments an audio LLM will be asked about."""

from pathlib import Path

import pytest

from dagster_and.dissection import find
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import CLIP_CAPTIONS, MOMENT_CAPTIONS, MOMENTS, NEURONS, PROBING_CLIPS, TOP_CLIPS
from dagster_and.llm.ledger import TOKENS_PER_SECOND
from dagster_and.preflight.checking import check
from dagster_and.preflight.forecast import forecast
from tests.preflight.test_forecast import fill

NEURON_COUNT, CLIPS = 3, 2
FIRES_S = {0: 1.0, 1: 1.02, 2: 2.0}
"""When each neuron fires in any clip: the first two at one place."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.dissections.mkdir()
    (home.dissections / "mine.yaml").write_text(
        "probing: {layout: soundbank, clips_per_class: 5, window_s: 3.0}\n"
        "captions: {captioner: audio_llm, moment_s: 1.0, llm: {base_url: 'http://127.0.0.1:9/v1', model: ears,"
        " usd_per_million_prompt_tokens: 1000, usd_per_million_completion_tokens: 0}}\n"
        "target: {family: embedded_ast, hidden_size: 16, blocks: 1, heads: 2}\n"
        "describer: {kind: llm, base_url: 'http://127.0.0.1:9/v1', model: tiny}\n"
    )
    return home


def fill_evidence(home: Home) -> None:
    clip = {
        "path": "/a.wav", "label": "dog", "labels": ["dog"], "window_s": 3.0, "is_cropped": False, "is_padded": False,
        "sample_rate_hz": 16000, "channels": 1, "rms_dbfs": -20.0, "duration_s": 3.0,
    }  # fmt: skip
    fill(home, PROBING_CLIPS, [
        clip | {"clip_id": i, "filename": f"{i}.wav", "sha256": f"{i}" * 64} for i in range(CLIPS)
    ])  # fmt: skip
    place = {"target": "t", "block_index": 0, "sublayer": "output", "layer_name": "0.output"}
    fill(home, NEURONS, [place | {"neuron_id": n, "neuron_index": n} for n in range(NEURON_COUNT)])
    keys = [
        {"neuron_id": n, "direction": direction, "rank": rank + 1}
        for n in range(NEURON_COUNT) for direction in ("highest", "lowest") for rank in range(CLIPS)
    ]  # fmt: skip
    fill(home, TOP_CLIPS, [key | {"clip_id": key["rank"] - 1, "activation": 0.0} for key in keys])
    times = {"profile": [0.0, 1.0], "profile_start_s": 0.0, "profile_end_s": 3.0}
    fill(home, MOMENTS, [
        key | times | {"moment_start_s": FIRES_S[key["neuron_id"]], "moment_end_s": FIRES_S[key["neuron_id"]] + 0.2}
        for key in keys
    ])  # fmt: skip
    fill(home, CLIP_CAPTIONS, [{"clip_id": i, "caption": f"clip {i}", "captioner": "c"} for i in range(CLIPS)])


def left(home: Home, task: str) -> tuple[str, int]:
    return next((f.certainty, f.estimate.calls) for f in forecast(find("mine", home), home) if f.task == task)


def test_before_any_work_no_more_are_foreseen_than_neurons_have_clips_nor_than_fit_into_the_clips(home: Home):
    assert left(home, "caption moments") == ("at most", 50 * 9)
    file = home.dissections / "mine.yaml"
    file.write_text(file.read_text() + "summaries: {neurons_per_layer: 2}\n")
    assert left(home, "caption moments") == ("at most", 3 * 2 * 2 * 5)  # the head has no time
    found = next(f.estimate for f in forecast(find("mine", home), home) if f.task == "caption moments")
    assert found.prompt_tokens > 60 * TOKENS_PER_SECOND * 1.0
    assert found.prompt_tokens < 60 * (TOKENS_PER_SECOND * 1.0 + 600)
    assert found.cost_usd == pytest.approx(found.prompt_tokens / 1000, rel=0.01)
    assert "; of described neurons also 1 s about each moment" in next(
        line for line in check(find("mine", home), home) if line.startswith("captions: ")
    )


def test_with_the_moments_it_is_exact_and_neurons_that_fire_together_count_once(home: Home):
    fill_evidence(home)
    assert left(home, "caption") == ("exactly", CLIPS)
    assert left(home, "caption moments") == ("exactly", 2 * CLIPS)
    Lake(home.lake).write(MOMENTS, "mine", [], Stamp("x", {}))
    assert left(home, "caption moments")[0] == "at most"


def test_summaries_are_exact_only_once_the_moments_asked_about_now_are_captioned(home: Home):
    fill_evidence(home)
    assert left(home, "summarise")[0] == "at most"
    captioned = [
        {
            "neuron_id": n, "direction": direction, "rank": rank + 1, "caption": f"clip {rank} at {round(FIRES_S[n])}",
            "heard_start_s": round(FIRES_S[n]) - 0.5, "heard_end_s": round(FIRES_S[n]) + 0.5,
            "captioner": "audio_llm:ears", "answer_id": "0" * 32,
        }
        for n in range(NEURON_COUNT) for direction in ("highest", "lowest") for rank in range(CLIPS)
    ]  # fmt: skip
    fill(home, MOMENT_CAPTIONS, captioned)
    assert left(home, "summarise") == ("exactly", 2)
    fill(home, MOMENT_CAPTIONS, [row | {"heard_end_s": 3.0} for row in captioned])
    assert left(home, "summarise")[0] == "at most"
    fill(home, MOMENT_CAPTIONS, [row | {"captioner": "audio_llm:others"} for row in captioned])
    assert left(home, "summarise")[0] == "at most"
