"""What a notebook shows of a neuron: everything in the cell, nothing that runs."""

import io
import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import numpy as np
import pytest
import soundfile
from PIL import Image

import dagster_and as and_
from dagster_and.audio.reading import file_sha256
from dagster_and.explorer.sounds import Clip
from dagster_and.foundation.home import Home
from dagster_and.notebook import Dissected, OpenHouse
from dagster_and.notebook.media import LONGEST_S, RATE_HZ, media
from tests.explorer.conftest import TINY


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def content(uri: str) -> bytes:
    return b64decode(uri.partition(",")[2], validate=True)


def test_a_neuron_is_shown_with_clips_to_hear_and_to_see(tiny: Dissected):
    text = tiny.neuron(0)._repr_html_()
    assert "bark, not loud" in text
    assert "0.80" in text
    tags = Tags(text).found
    sounds = [attributes["src"] for tag, attributes in tags if tag == "audio"]
    pictures = [attributes["src"] for tag, attributes in tags if tag == "img"]
    assert len(sounds) == len(pictures) == 2
    samples, rate = soundfile.read(io.BytesIO(content(str(sounds[0]))))
    assert (rate, samples.ndim, len(samples)) == (RATE_HZ, 1, 2 * RATE_HZ)
    with Image.open(io.BytesIO(content(str(pictures[0])))) as picture:
        assert picture.format == "PNG"


def test_beside_a_clip_stands_what_is_heard_at_its_moment(tiny: Dissected):
    assert tiny.neuron(2)._repr_html_().count("s: <bdi>a bark, close by</bdi>") == 2
    assert tiny.neuron(2).clips["moment_caption"].null_count() == 1
    assert "close by" not in tiny.neuron(3)._repr_html_()


def test_hostile_text_is_shown_and_never_run(house: OpenHouse, hostile: Dissected):
    shown = [hostile.neuron(number)._repr_html_() for number in range(6)]
    shown += [house._repr_html_(), hostile._repr_html_()]
    assert any("alert(" in text for text in shown)
    for text in shown:
        tags = Tags(text).found
        assert {tag for tag, _ in tags} <= {
            "div",
            "p",
            "b",
            "bdi",
            "i",
            "br",
            "table",
            "tr",
            "th",
            "td",
            "img",
            "audio",
            "code",
        }
        assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
        assert all(str(a["src"]).startswith("data:") for _, a in tags if "src" in a)
        assert re.findall(r"(?<!<bdi>)[^<>]*‮", re.sub(r"<bdi>[^<]*</bdi>", "", text)) == []


def test_a_long_fine_clip_takes_no_more_than_its_bound(tmp_path: Path):
    noise = np.random.default_rng(0).normal(0, 0.2, 30 * 48_000)
    soundfile.write(tmp_path / "long.wav", noise, 48_000)
    shown = media(Clip(tmp_path / "long.wav", file_sha256(tmp_path / "long.wav"), 30.0))
    assert shown.sound is not None
    assert shown.picture is not None
    samples, rate = soundfile.read(io.BytesIO(content(shown.sound)))
    assert len(samples) == LONGEST_S * rate
    assert len(content(shown.sound)) + len(content(shown.picture)) < 420_000


def test_a_clip_that_is_gone_has_changed_or_is_no_sound_says_so(tmp_path: Path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, np.ones(8000) * 0.1, 16_000)
    clip = Clip(path, file_sha256(path), 1.0)
    assert media(clip).obstacle is None
    path.write_bytes(b"RIFF and nothing else")
    assert "has changed since" in str(media(clip).obstacle)
    assert "can't be decoded" in str(media(replace(clip, sha256=file_sha256(path))).obstacle)
    path.unlink()
    assert "no longer to be had" in str(media(clip).obstacle)


def test_a_neuron_whose_sounds_are_gone_is_shown_all_the_same(own: Home):
    with duckdb.connect(str(own.warehouse)) as warehouse:
        warehouse.execute("update dim_clips set path = '/nowhere/' || clip_id || '.wav'")
    text = and_.open(own.root)[TINY].neuron(0)._repr_html_()
    assert "<audio" not in text
    assert "no longer" in text


@pytest.mark.parametrize("number", range(6))
def test_a_neuron_says_what_it_is_in_one_line(tiny: Dissected, number: int):
    said = repr(tiny.neuron(number))
    assert said.startswith(f"<neuron {number} of tiny, block ")
    assert "\n" not in said
