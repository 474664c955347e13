"""Which words of the captions does a neuron's activation follow, whatever was said of it?

For every word, the activation on clips whose caption holds it against the others: AUROC and p value, over all captioned
clips. The words are those of all captions, not of a neuron's own top clips, so no clip need be left out: those where
the neuron is most active say the most. It needs no describer and no threshold on embeddings, so it says apart from the
description what the neuron follows, and whether the description says it, too.

Many words are tried on many neurons. A neuron first has to pass as a whole: its smallest p value times the number of
words, at a false discovery rate of 1 % over all neurons. Then its words are tested at 1 % among themselves. Testing all
pairs at once would let the many words of the clear neurons pay for false ones of a neuron that follows nothing.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from dagster_and.method.arrays.batches import Chunk, Rows, each_chunk
from dagster_and.method.evidence.tables import EVIDENT_WORDS
from dagster_and.method.statistics.auroc import (
    auroc,
    false_discovery_rate,
    false_discovery_rates,
    mann_whitney_p,
    midranks,
    tie_sums,
)
from dagster_and.method.text.caption_words import content_word_set, word_presence

FALSE_DISCOVERY_RATE = 0.01
KEPT = 5
FEWEST_CLIPS = 5
LARGEST_SHARE = 0.9
"""A word is tried when at least five captions hold it, and at most nine in ten."""


def evident_words(rows: Rows, descriptions: Sequence[str | None], captions: Sequence[str | None]) -> pl.DataFrame:
    """The table ``evident_words``.

    Args:
        rows: of ``activations``.
        descriptions: of every neuron, in the order of neuron_id; None where there is none.
        captions: of every clip, in the order of clip_id; None where missing.
    """
    captioned = np.array([clip for clip, caption in enumerate(captions) if caption is not None], dtype=np.int64)
    words, presence = word_presence([captions[clip] for clip in captioned], FEWEST_CLIPS, LARGEST_SHARE)
    size = presence.sum(axis=0)
    found = [pl.DataFrame(schema=EVIDENT_WORDS.frame_schema).drop("rank", "is_in_description")]
    best: list[np.ndarray] = []

    def work(chunk: Chunk) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return chunk[0], *word_aurocs(chunk[1][:, captioned], presence)

    for ids, area, p in each_chunk(work, rows if words else ()):
        tests = (~np.isnan(p)).sum(axis=1)
        best.append(np.minimum(1.0, np.nanmin(np.where(np.isnan(p), 1.0, p), axis=1) * tests))
        q = false_discovery_rates(p)
        neuron, word = np.nonzero(q < FALSE_DISCOVERY_RATE)
        columns = {"auroc": area, "p_value": p, "q_value": q}
        frame = pl.DataFrame({"neuron_id": ids[neuron], "word": pl.Series([words[w] for w in word], dtype=pl.String)})
        frame = frame.with_columns(
            word_clips=pl.Series(size[word]),
            **{name: pl.Series(values[neuron, word]) for name, values in columns.items()},
        )
        found.append(frame.select(found[0].columns).cast(found[0].schema))
    return _listed(pl.concat(found), np.concatenate([*best, np.empty(0)]), descriptions)


def word_aurocs(activation: np.ndarray, presence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUROC and p value of every word, both "neuron word".

    Args:
        activation: "neuron clip".
        presence: whether the clip's caption holds the word, bool "clip word".
    """
    ranks, size = midranks(activation), presence.sum(axis=0)
    area = auroc(ranks, presence)
    return area, mann_whitney_p(area, size, len(presence) - size, tie_sums(ranks)[:, None])


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
    said = {neuron: content_word_set(descriptions[neuron] or "") for neuron in listed["neuron_id"].unique()}
    is_said = [word in said[neuron] for neuron, word in listed.select("neuron_id", "word").iter_rows()]
    schema = EVIDENT_WORDS.frame_schema
    whole = listed.with_columns(is_in_description=pl.Series(is_said, dtype=pl.Boolean))
    return whole.select(schema.names()).cast(schema)
