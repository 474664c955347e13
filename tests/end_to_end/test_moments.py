"""A model that listens captions moments: killed at it, the run goes on, and what it said reaches the summaries."""

import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import soundfile

from dagster_and.lake.tables import CLIP_CAPTIONS, MOMENT_CAPTIONS, NEURONS, SUMMARIES, TOP_CLIPS
from tests.captioners.test_audio_llm import heard, is_canary, listens
from tests.end_to_end.conftest import House, finish, kill
from tests.llm_server import LlmServer, Say, serving

pytestmark = pytest.mark.timeout(900)
CONCURRENCY = 2
MOMENT_S = 0.5
HEARING = f"""
probing: {{layout: soundbank, clips_per_class: 5, window_s: 1.0}}
captions:
  captioner: audio_llm
  llm: {{base_url: '${{AND_TEST_URL}}', model: ears, concurrency: {CONCURRENCY}}}
  moment_s: {MOMENT_S}
target: {{family: embedded_ast, blocks: 1, hidden_size: 16, heads: 2, epochs: 1}}
top_clips: {{k: 2}}
summaries: {{neurons_per_layer: 3}}
"""
UP_TO_SUMMARIES = """
from dagster import AssetSelection, DagsterInstance, materialize
from dagster_and.room_definitions import room_definitions

with DagsterInstance.ephemeral() as instance:
    rooms = room_definitions()
    selection = AssetSelection.assets("summaries").upstream().required_multi_asset_neighbors().without_checks()
    materialize(
        [*rooms.assets], selection=selection, resources=rooms.resources, partition_key="hearing", instance=instance
    )
"""


def is_moment(body: dict[str, Any]) -> bool:
    if is_canary(body):
        return False
    samples, rate = soundfile.read(io.BytesIO(heard(body)))
    return len(samples) / rate < MOMENT_S + 0.1


def ears(body: dict[str, Any], number: int) -> Say:
    """Hears a bell in every moment, and a street in every clip."""
    if is_canary(body):
        return listens(body, number)
    return Say(json.dumps({"caption": f"This is the sound of {'a bell' if is_moment(body) else 'a street'}."}))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LlmServer]:
    with serving(ears, delay_s=0.03) as running:
        monkeypatch.setenv("AND_TEST_URL", running.url)
        yield running


def made(house: House) -> None:
    process = house.start("-c", UP_TO_SUMMARIES, program=sys.executable)
    printed = finish(process)
    assert process.returncode == 0, printed


def killed_at_its_moments(house: House, server: LlmServer) -> None:
    process = house.start("-c", UP_TO_SUMMARIES, program=sys.executable)
    deadline = time.monotonic() + 300
    while sum(map(is_moment, server.requests[:])) < 5 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    was_running = process.poll() is None
    kill(process)
    assert was_running


def test_moments_reach_the_summaries_and_are_asked_about_once(tmp_path: Path, server: LlmServer):
    house = House(tmp_path)
    house.add("hearing", HEARING)
    killed_at_its_moments(house, server)
    made(house)
    sent = [json.dumps(body["messages"]) for body in server.requests]
    assert len(sent) <= len(set(sent)) + CONCURRENCY

    captions = house.lake.read(MOMENT_CAPTIONS, "hearing")
    layout = house.lake.read(NEURONS, "hearing").select("neuron_id", "class_label")
    assert captions["caption"].null_count() == 0
    assert captions["neuron_id"].n_unique() == 3 * 3  # of each layer; the head has no time
    assert captions.height == 9 * 2 * 2
    tops = house.lake.read(TOP_CLIPS, "hearing")
    places = captions.join(tops, on=MOMENT_CAPTIONS.key).select("clip_id", "heard_start_s").n_unique()
    assert captions["answer_id"].n_unique() == places < captions.height
    said = house.lake.read(SUMMARIES, "hearing").drop_nulls("summary").join(layout, on="neuron_id")
    is_head = pl.col("class_label").is_not_null()
    assert said.filter(~is_head)["summary"].str.contains("bell").all()
    assert said.filter(is_head)["summary"].str.contains("street").all()

    calls, stamps = server.calls, house.stamps("hearing")
    house.add("hearing", HEARING.replace(f"  moment_s: {MOMENT_S}\n", ""))
    made(house)
    assert house.lake.read(MOMENT_CAPTIONS, "hearing").is_empty()
    assert house.lake.stamp(CLIP_CAPTIONS, "hearing") == stamps[CLIP_CAPTIONS.name]
    whole = house.lake.read(SUMMARIES, "hearing")["summary"].drop_nulls()
    assert whole.str.contains("street").all()
    house.add("hearing", HEARING)
    made(house)
    assert house.lake.stamp(SUMMARIES, "hearing") == stamps[SUMMARIES.name]
    assert server.calls == calls
