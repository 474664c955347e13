"""Which words of the captions does a neuron's activation follow, on clips that its description never saw?

For every word, the activation on clips whose caption holds it against the others: AUROC and p value, over the clips
outside the neuron's top and bottom K. It needs no describer and no threshold on embeddings, so it says apart from the
description what the neuron follows, and whether the description says it, too.

Many words are tried on many neurons. A neuron first has to pass as a whole: its smallest p value times the number of
words, at a false discovery rate of 1 % over all neurons. Then its words are tested at 1 % among themselves. Testing all
pairs at once would let the many words of the clear neurons pay for false ones of a neuron that follows nothing.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from dagster_and.method.arrays.batches import chunks
from dagster_and.method.evidence.tables import EVIDENT_WORDS
from dagster_and.method.statistics.auroc import false_discovery_rate, mann_whitney_p, tie_sums
from dagster_and.method.statistics.auroc import midranks as ranks_of
from dagster_and.method.text.caption_words import content_words, word_presence
from dagster_and.method.top_clips.ranking import top_clips

FALSE_DISCOVERY_RATE = 0.01
KEPT = 5
FEWEST_CLIPS = 5
LARGEST_SHARE = 0.9
"""A word is tried when at least five captions hold it, and at most nine in ten."""


def evident_words(
    batches: Iterable[pa.RecordBatch], descriptions: Sequence[str | None], captions: Sequence[str | None], k: int
) -> pl.DataFrame:
    """The table ``evident_words``.

    Args:
        batches: rows of ``activations``.
        descriptions: of every neuron, in the order of neuron_id; None where there is none.
        captions: of every clip, in the order of clip_id; None where missing.
        k: clips kept as evidence at either end; these are left out.
    """
    captioned = np.array([clip for clip, caption in enumerate(captions) if caption is not None], dtype=np.int64)
    words, presence = word_presence([captions[clip] for clip in captioned], FEWEST_CLIPS, LARGEST_SHARE)
    found = [pl.DataFrame(schema=EVIDENT_WORDS.frame_schema).drop("rank", "is_in_description")]
    best: list[np.ndarray] = []
    for ids, activation in chunks(batches):
        if not words or len(captioned) <= 2 * k:
            break
        area, p, size = word_aurocs(activation[:, captioned], presence, k)
        tests = (~np.isnan(p)).sum(axis=1)
        best.append(np.minimum(1.0, np.nanmin(np.where(np.isnan(p), 1.0, p), axis=1) * tests))
        q = np.stack([false_discovery_rate(row) for row in p])
        neuron, word = np.nonzero(q < FALSE_DISCOVERY_RATE)
        columns = {"word_clips": size, "auroc": area, "p_value": p, "q_value": q}
        frame = pl.DataFrame({"neuron_id": ids[neuron], "word": pl.Series([words[w] for w in word], dtype=pl.String)})
        frame = frame.with_columns(**{name: pl.Series(values[neuron, word]) for name, values in columns.items()})
        found.append(frame.cast(found[0].schema))
    return _listed(pl.concat(found), np.concatenate([*best, np.empty(0)]), descriptions)


def word_aurocs(activation: np.ndarray, presence: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """AUROC, p value and number of clips of every word, each "neuron word", outside the top and bottom K.

    Args:
        activation: "neuron clip".
        presence: whether the clip's caption holds the word, bool "clip word".
        k: clips left out at either end.
    """
    hidden = np.zeros(activation.shape, dtype=bool)
    for clips in top_clips(activation, k).values():
        np.put_along_axis(hidden, clips, True, axis=1)
    left_out = hidden.sum(axis=1).astype(np.float64)
    ranks = ranks_of(np.where(hidden, -np.inf, activation))  # what is left out shares the lowest ranks
    ties = tie_sums(ranks) - (left_out**3 - left_out)
    kept = (~hidden).astype(np.float64)
    size = kept @ presence
    others = kept.sum(axis=1, keepdims=True) - size
    summed = ((ranks - left_out[:, None]) * kept) @ presence
    with np.errstate(invalid="ignore", divide="ignore"):
        area = np.where(size * others > 0, (summed - size * (size + 1) / 2) / (size * others), np.nan)
    return area, mann_whitney_p(area, size, others, ties[:, None]), size


def _listed(found: pl.DataFrame, best: np.ndarray, descriptions: Sequence[str | None]) -> pl.DataFrame:
    """The best words of each neuron; a word's q is never below its neuron's own."""
    neurons = pl.DataFrame({"own": false_discovery_rate(best)}).with_row_index("neuron_id")
    listed = (
        found.join(neurons.cast({"neuron_id": pl.Int32}), on="neuron_id")
        .with_columns(q_value=pl.max_horizontal("q_value", "own"))
        .filter(pl.col("q_value") < FALSE_DISCOVERY_RATE)
        .sort("neuron_id", "p_value", -pl.col("auroc"), "word")
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("neuron_id"))
        .filter(pl.col("rank") <= KEPT)
    )
    said = {neuron: set(content_words(descriptions[neuron] or "")) for neuron in listed["neuron_id"].unique()}
    is_said = [word in said[neuron] for neuron, word in listed.select("neuron_id", "word").iter_rows()]
    schema = EVIDENT_WORDS.frame_schema
    whole = listed.with_columns(is_in_description=pl.Series(is_said, dtype=pl.Boolean))
    return whole.select(schema.names()).cast(schema)
