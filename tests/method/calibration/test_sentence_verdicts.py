"""Module B on sentences whose embeddings are given by hand."""

import math

import numpy as np
import polars as pl
import pytest

from dagster_and.method.calibration import sentence_verdicts
from dagster_and.method.calibration.sentence_verdicts import calibrate, nearest, sift

VECTORS = {
    "Every clip is of a dog.": (1.0, 0.0, 0.0),
    "Every one of them is loud.": (0.0, 1.0, 0.0),
    "They are all very loud indeed.": (0.0, 0.8, 0.6),
    "Every one of them is sharp.": (0.0, 0.0, 1.0),
    "Every clip is of some rain.": (0.6, -0.8, 0.0),
    "Every clip is of dry weather.": (-0.6, 0.8, 0.0),
}


def encode(sentences) -> np.ndarray:
    return np.array([VECTORS[s] for s in sentences], dtype=np.float32).reshape(len(sentences), 3)


def summaries(*rows: tuple[int, str, str | None]) -> pl.DataFrame:
    schema = {"neuron_id": pl.Int32, "direction": pl.String, "summary": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(missing_reason=pl.lit(None, pl.String))


def calibrated(frame: pl.DataFrame, threshold: float = 0.6) -> dict[tuple[int, str, str], dict]:
    rows = pl.concat(calibrate(frame, encode, threshold)).to_dicts()
    return {(row["neuron_id"], row["direction"], row["sentence"]): row for row in rows}


def test_what_both_say_goes_on_both_sides_and_the_threshold_is_exclusive():
    high = "Every clip is of a dog. Every one of them is loud. Every one of them is sharp. Loud."
    low = "They are all very loud indeed. Every clip is of some rain."
    found = calibrated(summaries((3, "highest", high), (3, "lowest", low)))
    loud = found[3, "highest", "Every one of them is loud."]
    assert (loud["verdict"], loud["nearest_sentence"], loud["is_kept"]) == (
        "shared",
        "They are all very loud indeed.",
        False,
    )
    assert math.isclose(loud["nearest_cosine"], 0.8, abs_tol=1e-6)
    # 0.6 in float32 is a little over 0.6 in float64, so the threshold of the test is that float
    at = float(np.float32(0.6))
    found = calibrated(summaries((3, "highest", high), (3, "lowest", low)), at)
    assert found[3, "highest", "Every one of them is sharp."]["verdict"] == "kept"
    assert found[3, "highest", "Every clip is of a dog."]["is_kept"]
    assert found[3, "highest", "Loud."]["verdict"] == "short"
    assert found[3, "lowest", "They are all very loud indeed."]["verdict"] == "shared"
    low_rain = found[3, "lowest", "Every clip is of some rain."]
    assert (low_rain["verdict"], low_rain["is_kept"]) == ("kept", False)


def test_no_cosine_lies_beyond_one_though_lengths_are_rounded():
    """0.36 and 0.64 in float32 add up to a little over 1."""
    rain, dry = "Every clip is of some rain.", "Every clip is of dry weather."
    found = calibrated(summaries((0, "highest", rain), (0, "lowest", rain), (1, "highest", rain), (1, "lowest", dry)))
    assert [found[neuron, "highest", rain]["nearest_cosine"] for neuron in (0, 1)] == [1, -1]


def test_of_equally_near_sentences_the_earlier_is_taken():
    others = [f"Number {place} is named." for place in range(40)]
    cosines = np.r_[np.zeros(20), np.ones(20)]
    assert list(nearest(["Something else."], others, cosines[None])) == [(1.0, "Number 20 is named.")]


def test_with_nothing_to_compare_every_sentence_stays():
    found = calibrated(summaries((0, "highest", "Every clip is of a dog."), (0, "lowest", None)))
    row = found[0, "highest", "Every clip is of a dog."]
    assert (row["is_kept"], row["nearest_sentence"], row["nearest_cosine"]) == (True, None, None)


def test_a_sentence_said_twice_is_dropped_twice():
    """The reference deletes while it walks, and skips the second."""
    twice = "Every one of them is loud. Every one of them is loud."
    rows = pl.concat(calibrate(summaries((0, "highest", twice), (0, "lowest", twice)), encode, 0.6))
    assert rows["verdict"].to_list() == ["shared"] * 4


def test_no_summaries_give_no_rows():
    assert list(calibrate(summaries((0, "highest", None)), encode, 0.6)) == []


def test_a_sentence_has_one_row_however_many_neurons_are_taken_at_once(monkeypatch: pytest.MonkeyPatch):
    rows = [(neuron, end, "Every clip is of a dog.") for neuron in (4, 0, 2, 1, 3) for end in ("lowest", "highest")]
    whole = pl.concat(calibrate(summaries(*rows), encode, 0.6))
    assert whole["neuron_id"].to_list() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    monkeypatch.setattr(sentence_verdicts, "AT_ONCE", 2)
    few = list(calibrate(summaries(*rows), encode, 0.6))
    assert [frame.height for frame in few] == [4, 4, 2]
    assert pl.concat(few).equals(whole)


def test_boilerplate_and_short_sentences_are_marked():
    told = sift("Sure! Here are the commonalities I found today. All clips hold a dog that barks. It barks. "
                "Let me know if you need anything else from me.")  # fmt: skip
    assert [verdict for _, verdict in told] == ["boilerplate", "boilerplate", "kept", "short", "boilerplate"]
