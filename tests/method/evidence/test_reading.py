"""What a text affirms, and whether it denies anything."""

import pytest

from dagster_and.method.evidence.reading import affirmed, denies


@pytest.mark.parametrize(
    ("text", "left"),
    [("Rain, mostly steady.", "rain mostly steady"), ("Anything but a siren.", ""),
     ("Anything but a siren, such as rain.", "such as rain"), ("Sharp sounds, not a bird chirp, mostly bright.",
     "sharp sounds mostly bright"), ("Not loud; also dog barks.", "dog barks"), ("", "")],
)  # fmt: skip
def test_a_text_affirms_what_it_does_not_deny(text: str, left: str):
    assert affirmed(text) == left
    assert denies(text) == any(word in text.lower() for word in ("not ", "anything but"))
