"""How sure is a closed-concept answer? The neuron's activations on clips of the concept against all others.

The clips of a concept are those whose label it names. A concept that names no label can't be tested: its caption match
is what the answer was chosen by, and testing it on that would be circular.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from dagster_and.method.arrays.batches import Chunk, Rows, each_chunk
from dagster_and.method.evidence.tables import CONCEPT_SIGNIFICANCE
from dagster_and.method.statistics.auroc import (
    SMALLEST_GROUP,
    auroc,
    auroc_interval,
    false_discovery_rate,
    mann_whitney_p,
    tie_sums,
)
from dagster_and.method.statistics.auroc import midranks as ranks_of

FALSE_DISCOVERY_RATE = 0.05
NO_LABEL = "The concept names no class of the probing set."
TOO_FEW = f"Fewer than {SMALLEST_GROUP} clips are of the concept, or are not."


def closed_answers(predictions: pl.DataFrame, choices: pl.DataFrame) -> pl.DataFrame:
    """Answers of DB, TAB and ICL: neuron_id, method, similarity, rank, concept_id.

    Args:
        predictions: the table ``concept_predictions``.
        choices: the table ``concept_choices``.
    """
    columns = ["neuron_id", "method", "similarity", "rank", "concept_id"]
    chosen = choices.with_columns(method=pl.lit("ICL"), similarity=pl.lit("none"))
    return pl.concat([predictions.select(columns), chosen.select(columns)])


def concept_clips(concepts: pl.DataFrame, labels: Sequence[str]) -> np.ndarray:
    """Whether a clip's label is the one that the concept names: bool "clip concept"."""
    named = concepts.sort("concept_id")["label"].to_list()
    return np.array([[label is not None and label == own for label in named] for own in labels]).reshape(
        len(labels), len(named)
    )


def concept_aurocs(rows: Rows, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUROC and p value of every neuron for every concept, each "neuron concept" in the order of neuron_id.

    Args:
        rows: of ``activations``.
        members: bool "clip concept".
    """
    size = members.sum(axis=0).astype(np.float64)

    def work(chunk: Chunk) -> tuple[np.ndarray, np.ndarray]:
        ranks = ranks_of(chunk[1])
        area = auroc(ranks, members)
        return area, mann_whitney_p(area, size, len(members) - size, tie_sums(ranks)[:, None])

    areas, ps = zip(*each_chunk(work, rows), strict=True)
    return np.concatenate(areas), np.concatenate(ps)


def significance(rows: Rows, answers: pl.DataFrame, concepts: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """The table ``concept_significance``.

    Args:
        rows: of ``activations`` in the order of neuron_id, from 0.
        answers: columns neuron_id, method, similarity, rank, concept_id; rows without a concept are left out.
        concepts: the table ``concepts``.
        labels: of every clip, in the order of clip_id.
    """
    members = concept_clips(concepts, labels)
    area, p = concept_aurocs(rows, members)
    answers = answers.drop_nulls("concept_id").select(*CONCEPT_SIGNIFICANCE.key, "concept_id")
    neuron, concept = answers["neuron_id"].to_numpy(), answers["concept_id"].to_numpy()
    size = members.sum(axis=0).astype(np.int32)[concept]
    p, area = p[neuron, concept], np.where(np.isnan(p[neuron, concept]), np.nan, area[neuron, concept])
    low, high = auroc_interval(area, np.maximum(size, 1), np.maximum(len(labels) - size, 1))
    has_label = concepts.sort("concept_id")["label"].is_not_null().to_numpy()[concept]
    columns = {"concept_clips": size, "auroc": area, "auroc_low": low, "auroc_high": high, "p_value": p}
    tested = answers.with_columns(**{name: pl.Series(values) for name, values in columns.items()})
    tested = tested.with_columns(
        q_value=pl.col("p_value").map_batches(_q, return_dtype=pl.Float64).over("method", "similarity", "rank"),
        missing_reason=pl.when(~pl.Series(has_label)).then(pl.lit(NO_LABEL))
        .when(pl.col("p_value").is_nan()).then(pl.lit(TOO_FEW)),
    ).with_columns(pl.selectors.float().fill_nan(None))  # fmt: skip
    return tested.with_columns(is_significant=pl.col("q_value") < FALSE_DISCOVERY_RATE)


def _q(p: pl.Series) -> pl.Series:
    return pl.Series(false_discovery_rate(p.to_numpy()))
