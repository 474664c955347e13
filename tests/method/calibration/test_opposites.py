"""Module B on opposites, with the embedded encoder: no pair of them is taken for the same."""

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np
import polars as pl
import pytest

from dagster_and.encoders import open_text_encoder
from dagster_and.method.calibration.sentence_verdicts import calibrate
from dagster_and.method.sound.wording import RULES
from dagster_and.method.text.scales import POLES, SCALES

FRAMES = (
    "Every one of them is {}.", "Four of them are {}.", "Three of them are {}.", "Both of them are {}.",
    "The sound of it is {}.",
)  # fmt: skip
"""How the counting describer says a quality."""
THRESHOLD = 0.6
ENDS = ("highest", "lowest")
PAIRS = sorted({(a, b) for scale in SCALES for a, b in product(*scale.poles)})


@cache
def embeddings() -> dict[str, np.ndarray]:
    sentences = [frame.format(word) for frame in FRAMES for word in sorted(POLES)]
    return dict(zip(sentences, open_text_encoder("minilm").encode(sentences), strict=True))


def encode(sentences: Sequence[str]) -> np.ndarray:
    return np.stack([embeddings()[sentence] for sentence in sentences])


def verdicts(*summaries: tuple[str, str]) -> list[str]:
    """Of all sentences of pairs of summaries, each of the highest and of the lowest clips of a neuron."""
    rows = [(i, end, said) for i, pair in enumerate(summaries) for end, said in zip(ENDS, pair, strict=True)]
    frame = pl.DataFrame(
        rows, schema={"neuron_id": pl.Int32, "direction": pl.String, "summary": pl.String}, orient="row"
    )
    return pl.concat(calibrate(frame, encode, THRESHOLD))["verdict"].to_list()


@pytest.mark.parametrize(("word", "opposite"), PAIRS, ids="-".join)
def test_opposites_are_kept_at_both_ends(word: str, opposite: str):
    said = verdicts(*((frame.format(word), other.format(opposite)) for frame, other in product(FRAMES, FRAMES)))
    assert set(said) == {"kept"}


def test_by_cosine_alone_more_than_half_of_the_pairs_would_go():
    of = {word: encode([frame.format(word) for frame in FRAMES]) for word in POLES}
    near = [pair for pair in PAIRS if float((of[pair[0]] @ of[pair[1]].T).max()) > THRESHOLD]
    assert len(near) > len(PAIRS) / 2
    assert {("loud", "quiet"), ("high-pitched", "low-pitched")} < set(near)


@pytest.mark.parametrize("word", [rule.word for rule in RULES])
def test_what_both_ends_say_still_goes(word: str):
    assert verdicts((FRAMES[0].format(word), FRAMES[1].format(word))) == ["shared", "shared"]


def test_a_sentence_is_shared_by_another_one_though_one_says_the_opposite():
    loud, quiet = FRAMES[0].format("loud"), FRAMES[0].format("quiet")
    assert verdicts((loud, f"{quiet} {FRAMES[1].format('loud')}")) == ["shared", "kept", "shared"]
