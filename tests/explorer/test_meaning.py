"""What is near in meaning, by the real encoder."""

from pathlib import Path

import numpy as np
import pytest

from dagster_and.explorer.meaning import Meaning, Texts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def meaning(tmp_path_factory: pytest.TempPathFactory) -> Meaning:
    return Meaning(tmp_path_factory.mktemp("embeddings"))


def nearest(meaning: Meaning, asked: str, *said: str) -> list[str]:
    texts = Texts(list(said))
    texts.vectors = meaning._encoded(texts)
    return list(meaning.nearness(texts, asked))


def test_what_a_neuron_denies_does_not_make_it_near(meaning: Meaning):
    said = ("Anything but a siren, such as engines.", "Sirens, mostly clear.", "Anything but a siren.")
    assert nearest(meaning, "an ambulance", *said)[0] == "Sirens, mostly clear."
    assert nearest(meaning, "birds singing", "Sharp sounds, not a bird chirp.", "Bird chirps or rain.")[0].startswith(
        "Bird"
    )


def test_a_thing_is_near_to_what_sounds_like_it(meaning: Meaning):
    said = ("Rain.", "Footsteps.", "Engines, mostly steady.", "Clock ticks.")
    assert nearest(meaning, "traffic", *said)[0] == "Engines, mostly steady."


def test_a_text_that_denies_nothing_keeps_its_vector(meaning: Meaning, tmp_path: Path):
    texts = Texts(["Rain.", "Rain, not loud.", "Not loud."])
    vectors = meaning._encoded(texts)
    lengths = np.linalg.norm(vectors, axis=1)
    assert lengths == pytest.approx([1, lengths[1], 0.5], abs=1e-3)
    assert 0.5 < lengths[1] < 1
