"""Captions by a model that listens; and servers that only seem to."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile

from dagster_and.audio.reading import file_sha256, read_waveform
from dagster_and.captioners import open_captioner
from dagster_and.captioners.audio_llm import AudioLlmCaptioner
from dagster_and.captioners.canary import ENOUGH, QUESTIONS, pairs
from dagster_and.captioners.sending import wav_bytes
from dagster_and.dissection import LlmServer as Section
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.tables import CLIP_CAPTIONS, MOMENT_CAPTIONS
from dagster_and.llm.answers import AnswerStore
from tests.llm.batch_server import BatchServer, serving_batches
from tests.llm_server import LlmServer, Say, error, serving

DESCRIPTIONS = {wav_bytes(samples): description for pair in pairs() for description, samples in pair}
ACOUSTICS = pl.DataFrame()


def heard(body: dict[str, Any]) -> bytes:
    return base64.b64decode(body["messages"][1]["content"][1]["input_audio"]["data"])


def is_canary(body: dict[str, Any]) -> bool:
    return "Which one is true" in body["messages"][1]["content"][0]["text"]


def listens(body: dict[str, Any], _: int) -> Say:
    """Knows the canary's clips by their sound, and says of any other how long it is."""
    if not is_canary(body):
        samples, rate = soundfile.read(io.BytesIO(heard(body)))
        return Say(json.dumps({"caption": f"{len(samples) / rate:.1f} s at {rate} Hz in {samples.ndim} channel."}))
    a = json.loads(body["messages"][1]["content"][0]["text"].split("\n")[0].removeprefix("a: "))
    return Say(json.dumps({"answer": "a" if DESCRIPTIONS[heard(body)] == a else "b"}))


def deaf(body: dict[str, Any], _: int) -> Say:
    """Makes things up from the words alone."""
    text = body["messages"][1]["content"][0]["text"]
    return Say(json.dumps({"answer": "ab"[len(text) % 2]}) if is_canary(body) else '{"caption": "A dog barks."}')


@pytest.fixture
def clips(tmp_path: Path) -> pl.DataFrame:
    """Two stereo files of 3 s and one of 1 s, of which 2 s are heard."""
    rows = []
    for number, seconds in enumerate((3, 3, 1)):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, np.random.default_rng(number).normal(scale=0.1, size=(seconds * 8000, 2)), 8000)
        rows.append({"clip_id": number, "path": str(path), "sha256": file_sha256(path), "window_s": 2.0})
    return pl.DataFrame(rows, schema_overrides={"clip_id": pl.Int32})


@pytest.fixture
def serve() -> Iterator[Callable[..., LlmServer]]:
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(serving(script))


def captioner(server: LlmServer | BatchServer, tmp_path: Path, **settings: Any) -> AudioLlmCaptioner:
    quick = {"backoff_s": 0.01, "max_retries": 1, "max_attempts": 2}
    return AudioLlmCaptioner(Section(base_url=server.url, model="ears", **quick | settings), Home(tmp_path / "home"))


def test_clips_are_sent_as_they_are_heard_and_their_captions_kept(serve, clips, tmp_path: Path):
    server = serve(listens)
    table = captioner(server, tmp_path).captions(clips, ACOUSTICS)
    assert table["caption"].to_list() == ["2.0 s at 16000 Hz in 1 channel."] * 2 + ["1.0 s at 16000 Hz in 1 channel."]
    assert set(table["captioner"]) == {"audio_llm:ears"}
    assert set(table.columns) == set(CLIP_CAPTIONS.schema.names)
    assert server.calls == QUESTIONS + 3
    (answer, *_) = AnswerStore(Home(tmp_path / "home")).with_attempts(table["answer_id"].to_list())
    assert answer.source == "audio"
    assert answer.audio_sha256 in clips["sha256"].to_list()
    assert len(answer.prompt) < 2000  # the clip stands there as its hash

    assert captioner(server, tmp_path).captions(clips, ACOUSTICS).equals(table)
    assert server.calls == QUESTIONS + 3
    longer = clips.with_columns(window_s=2.5)
    captioner(server, tmp_path).captions(longer, ACOUSTICS)
    assert server.calls == QUESTIONS + 6


def test_a_server_that_does_not_listen_is_refused_before_the_first_clip(serve, clips, tmp_path: Path):
    server = serve(deaf)
    for _ in range(2):  # the outcome is remembered
        with pytest.raises(UserError, match=rf"ears at http.* does not listen: of {QUESTIONS} questions.* 8 were"):
            captioner(server, tmp_path).captions(clips, ACOUSTICS)
        assert server.calls == QUESTIONS
    assert all(map(is_canary, server.requests))
    server.script = listens
    assert captioner(server, tmp_path, seed=1).captions(clips, ACOUSTICS)["caption"].null_count() == 0


def test_who_tosses_a_coin_rarely_passes(serve, clips, tmp_path: Path):
    chance = np.random.default_rng(7)
    tosses = [int((chance.random(QUESTIONS) < 0.5).sum()) for _ in range(2000)]
    assert np.mean([toss >= ENOUGH for toss in tosses]) < 0.01
    server = serve(lambda *_: Say(json.dumps({"answer": "ab"[chance.integers(2)]})))
    with pytest.raises(UserError, match="does not listen"):
        captioner(server, tmp_path).captions(clips, ACOUSTICS)


def test_a_server_that_takes_no_sound_is_refused_in_its_own_words(serve, clips, tmp_path: Path):
    server = serve(lambda *_: error(400, "image_url and input_audio are not supported"))
    with pytest.raises(UserError, match=r"captions\.llm.*input_audio are not supported") as caught:
        captioner(server, tmp_path).captions(clips, ACOUSTICS)
    assert "\n" not in str(caught.value)


def test_a_clip_without_a_usable_caption_is_a_row_with_a_reason(serve, clips, tmp_path: Path):
    silenced = wav_bytes(np.zeros(1))

    def script(body, number):
        return listens(body, number) if is_canary(body) or len(heard(body)) > len(silenced) + 40000 else Say("")

    table = captioner(serve(script), tmp_path).captions(clips, ACOUSTICS)
    assert table["missing_reason"].to_list() == [None, None, "empty: The answer holds no text."]
    assert table["caption"].is_null().to_list() == [False, False, True]
    assert table["answer_id"].null_count() == 0


def test_the_clips_of_a_pair_differ_in_nothing_but_their_sound():
    for pair in pairs():
        (one, _), (other, _) = ((samples, 0) for _, samples in pair)
        assert one.shape == other.shape
        assert len(wav_bytes(one)) == len(wav_bytes(other))
        assert np.sqrt(np.mean(one**2)) == pytest.approx(np.sqrt(np.mean(other**2)), rel=0.05)


def test_the_dissection_file_names_the_server(tmp_path: Path):
    from dagster_and.dissection import load_file

    good = "probing: {layout: soundbank}\ntarget: {family: embedded_ast}\ncaptions: "
    (tmp_path / "d.yaml").write_text(good + "{captioner: audio_llm, llm: {base_url: 'http://h/v1', model: ears}}")
    assert open_captioner(load_file(tmp_path / "d.yaml"), Home(tmp_path)).name == "audio_llm:ears"
    (tmp_path / "e.yaml").write_text(good + "{captioner: audio_llm}")
    with pytest.raises(UserError, match="llm belongs to captioner: audio_llm"):
        load_file(tmp_path / "e.yaml")


def test_a_model_that_listens_is_asked_in_batches(clips, tmp_path: Path):
    with serving_batches(script=listens, model="ears") as server:
        table = captioner(server, tmp_path, mode="batch").captions(clips, ACOUSTICS)
        assert table["caption"].to_list() == ["2.0 s at 16000 Hz in 1 channel."] * 2 + [
            "1.0 s at 16000 Hz in 1 channel."
        ]
        assert [len(server.of(batch)) for batch in server.batches.values()] == [QUESTIONS, 3]
        server.script = deaf
        with pytest.raises(UserError, match="does not listen"):
            captioner(server, tmp_path, mode="batch", seed=1).captions(clips, ACOUSTICS)


@pytest.fixture
def stretched(clips: pl.DataFrame) -> pl.DataFrame:
    """Moments of four neurons: two at one place of the first clip, one at another, one in the short clip."""
    heard = {
        "neuron_id": [0, 1, 2, 3], "direction": "highest", "rank": 1, "clip_id": [0, 0, 0, 2],
        "heard_start_s": [0.5, 0.5, 1.0, 0.0], "heard_end_s": [1.25, 1.25, 1.75, 1.0],
    }  # fmt: skip
    beside = clips.with_columns(duration_s=pl.Series([3.0, 3.0, 1.0]))
    return pl.DataFrame(heard).cast({"clip_id": pl.Int32}).join(beside, on="clip_id", maintain_order="left")


def test_a_moment_is_cut_from_what_the_target_hears_and_sent_once(serve, clips, stretched, tmp_path: Path):
    server = serve(listens)
    ears = captioner(server, tmp_path)
    whole = ears.captions(clips, ACOUSTICS)
    calls = server.calls
    table = ears.moment_captions(stretched)
    assert server.calls == calls + 2  # the short clip is heard whole, and has a caption
    assert table.columns == list(MOMENT_CAPTIONS.frame_schema.names())
    said = ["0.8 s at 16000 Hz in 1 channel."] * 3 + ["1.0 s at 16000 Hz in 1 channel."]
    assert table["caption"].to_list() == said
    assert table["answer_id"][0] == table["answer_id"][1] != table["answer_id"][2]
    assert table["answer_id"][3] == whole["answer_id"][2]

    samples = read_waveform(Path(clips["path"][0]), 16000, 2.0)
    sent = [heard(body) for body in server.requests[calls:]]
    assert set(sent) == {wav_bytes(samples[8000:20000]), wav_bytes(samples[16000:28000])}
    (answer,) = AnswerStore(Home(tmp_path / "home")).with_attempts([table["answer_id"][0]])
    assert '"start_s": 0.5, "end_s": 1.25' in answer.prompt
    assert captioner(server, tmp_path).moment_captions(stretched).equals(table)
    assert server.calls == calls + 2


def test_moments_are_asked_in_batches_of_a_server_that_has_proved_to_listen(stretched, tmp_path: Path):
    with serving_batches(script=listens, model="ears") as server:
        table = captioner(server, tmp_path, mode="batch").moment_captions(stretched)
        assert table["caption"].null_count() == 0
        assert [len(server.of(batch)) for batch in server.batches.values()] == [QUESTIONS, 3]
        server.script = deaf
        with pytest.raises(UserError, match="does not listen"):
            captioner(server, tmp_path, mode="batch", seed=1).moment_captions(stretched)


def test_where_no_neuron_has_time_nobody_is_asked(serve, stretched, tmp_path: Path):
    server = serve(deaf)
    assert captioner(server, tmp_path).moment_captions(stretched.clear()).is_empty()
    assert server.calls == 0
