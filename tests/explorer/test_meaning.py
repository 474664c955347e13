"""What is near in meaning, by the real encoder."""

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
    said = ("Rain.", "Rain or wind.", "Footsteps.", "Loud sirens.", "Clock ticks.")
    assert nearest(meaning, "an ambulance", *said)[0] == "Loud sirens."


def test_a_text_that_only_denies_is_near_to_nothing(meaning: Meaning):
    assert nearest(meaning, "loud sounds", "Not loud.", "Loud sounds, not rain.") == ["Loud sounds, not rain."]
    assert nearest(meaning, "loud sounds") == []
