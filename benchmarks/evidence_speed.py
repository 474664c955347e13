"""Scores of descriptions against a loop over neurons that ranks with scipy, one thread each, in turn."""

import statistics
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.activations_speed import seconds_of
from dagster_and.lake.tables import HALF_DESCRIPTIONS
from dagster_and.method.evidence.description_scores import Half, description_scores, shuffled
from dagster_and.method.evidence.halves import Halves
from dagster_and.method.text.caption_words import WordNearness

LIMIT = 0.5
WORDS = [f"{letter}{vowel}ng" for letter in "bdfghklmnprst" for vowel in "aeiou"]


def measure(neurons: int, clips: int, pairs: int) -> str:
    """One line: the ratio, of one core's work."""
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(0)
    captions = [" ".join(random.choice(WORDS, 6)) for _ in range(clips)]
    told = [" ".join(random.choice(WORDS, 9)) for _ in range(neurons)]
    values = random.normal(size=(neurons, clips)).astype(np.float32)
    parts = np.arange(clips)[::2], np.arange(clips)[1::2]
    near = WordNearness(captions)
    with threadpool_limits(1, "blas"):
        ratios = []
        for _ in range(pairs):
            ours = seconds_of(lambda: _ours(values, told, parts, near))[0]
            ratios.append(ours / seconds_of(lambda: _plain(values, told, parts, near))[0])
    ratio = statistics.median(ratios)
    verdict = "ok" if ratio <= LIMIT else "OVER THE LIMIT"
    size = f"{neurons} neurons x {clips} clips"
    return (
        f"scores of descriptions / a loop over neurons, {size}: {ratio:.2f} ({pairs} pairs), limit {LIMIT}: {verdict}"
    )


def _ours(values: np.ndarray, told: list[str], parts: Halves, near: WordNearness) -> pl.DataFrame:
    neurons, clips = values.shape
    offsets = pa.array(np.arange(0, values.size + 1, clips, dtype=np.int32))
    column = pa.ListArray.from_arrays(offsets, pa.array(values.reshape(-1)))
    batch = pa.record_batch({"neuron_id": pa.array(np.arange(neurons, dtype=np.int32)), "activation": column})
    rows: dict[str, Any] = {
        "neuron_id": [*range(neurons), *range(neurons)], "half": [0] * neurons + [1] * neurons,
        "description": [*told, *told], "missing_reason": None,
    }  # fmt: skip
    made = pl.DataFrame(rows, schema={name: HALF_DESCRIPTIONS.frame_schema[name] for name in rows})
    return description_scores([batch], told, made, parts, {"words": near})


def _plain(values: np.ndarray, told: list[str], parts: Halves, near: WordNearness) -> list[tuple[float, ...]]:
    """AUROC against the rest and the lowest, correlation of ranks, and AUROC of another's description."""
    from scipy.stats import rankdata

    def area(near: np.ndarray, high: np.ndarray, low: np.ndarray) -> float:
        ranks = rankdata(np.concatenate([near[high], near[low]]))
        size = int(high.sum())
        return (ranks[:size].sum() - size * (size + 1) / 2) / (size * int(low.sum()))

    found: list[tuple[float, ...]] = []
    for neuron, (text, other) in enumerate(zip(told, shuffled(told), strict=True)):
        for part in parts:
            half = Half.of(values[neuron, part][None])
            high, low = half.ends.high[0], half.ends.low[0]
            own, foreign = near([text, str(other)], part)
            areas = area(own, high, ~high), area(own, high, low), area(foreign, high, ~high)
            found.append((*areas, float(np.corrcoef(rankdata(own), rankdata(values[neuron, part]))[0, 1])))
    return found
