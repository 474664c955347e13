"""How a quantity of the neurons changes from block to block: a straight line with its uncertainty (AND, Fig 5 and 6).

The line is fitted over neurons, not over the blocks' means, and the head is left out: it is no block of the backbone.
Neurons of one layer are not independent of each other, so the p values are too small rather than too large.
"""

from typing import Any

import numpy as np
import polars as pl

from dagster_and.method.contract.trends import ADJECTIVES_BY_BLOCK, ADJECTIVES_TRENDS
from dagster_and.method.interpretability.tables import UNINTERPRETABLE_TRENDS

CONFIDENCE = 0.95


def trend(block_index: np.ndarray, value: np.ndarray) -> dict[str, Any]:
    """Ordinary least squares of a value on the block, both "neuron": the trend columns of a table.

    A line needs three neurons in two blocks and two values, or there is nothing to test: then its numbers are None and
    ``missing_reason`` says so.
    """
    from scipy.stats import linregress, t

    neurons, blocks = len(value), len(np.unique(block_index))
    facts = {"neurons": neurons, "blocks": blocks}
    if reason := _why_no_line(neurons, blocks, value):
        names = ("slope", "slope_low", "slope_high", "intercept", "p_value")
        return facts | dict.fromkeys(names) | {"missing_reason": reason}
    line: Any = linregress(block_index, value)
    reach = float(t.ppf((1 + CONFIDENCE) / 2, neurons - 2)) * line.stderr
    return facts | {
        "slope": float(line.slope),
        "slope_low": float(line.slope - reach),
        "slope_high": float(line.slope + reach),
        "intercept": float(line.intercept),
        "p_value": float(line.pvalue),
        "missing_reason": None,
    }


def _why_no_line(neurons: int, blocks: int, value: np.ndarray) -> str | None:
    if blocks < 2 or neurons < 3:
        return f"A line needs three neurons in two blocks; there are {neurons} in {blocks}."
    if np.ptp(value) == 0:
        return f"All {neurons} neurons have the same value, {value[0]:g}."
    return None


def uninterpretable_trends(neurons: pl.DataFrame, interpretability: pl.DataFrame) -> pl.DataFrame:
    """The table ``uninterpretable_trends``; undecided neurons are left out."""
    judged = _body(neurons).join(interpretability.drop_nulls("is_interpretable"), on="neuron_id")
    rows = []
    for threshold in sorted(interpretability["threshold"].unique()):
        of_it = judged.filter(pl.col("threshold") == threshold)
        line = trend(of_it["block_index"].to_numpy(), 1.0 - of_it["is_interpretable"].cast(pl.Float64).to_numpy())
        rows.append({"threshold": threshold} | line)
    return pl.DataFrame(rows, UNINTERPRETABLE_TRENDS.frame_schema)


def count_adjectives(neurons: pl.DataFrame, words: pl.DataFrame, summaries: pl.DataFrame) -> pl.DataFrame:
    """Distinct adjectives of each neuron: neuron_id, block_index, is_head, adjectives (acoustic, all), count.

    Args:
        neurons: the table.
        words: the table ``neuron_words``; a neuron that isn't in it has no adjective.
        summaries: the table; neurons whose highest clips have none are left out, since nothing is known of them.
    """
    unsummarised = summaries.filter((pl.col("direction") == "highest") & pl.col("summary").is_null())
    adjectives = words.filter(pl.col("part_of_speech") == "adjective")
    counts = adjectives.group_by("neuron_id").agg(
        acoustic=pl.col("is_acoustic").fill_null(False).sum(), all=pl.len()
    )  # fmt: skip
    known = neurons.join(unsummarised, on="neuron_id", how="anti")
    return (
        known.select("neuron_id", "block_index", is_head=pl.col("sublayer") == "head")
        .join(counts, on="neuron_id", how="left")
        .with_columns(pl.col("acoustic", "all").fill_null(0).cast(pl.Int32))
        .unpivot(["acoustic", "all"], index=["neuron_id", "block_index", "is_head"], variable_name="adjectives")
        .rename({"value": "count"})
    )


def adjectives_by_block(counts: pl.DataFrame) -> pl.DataFrame:
    """The table ``adjectives_by_block`` from :func:`count_adjectives`."""
    from scipy.stats import t

    blocks = counts.group_by("adjectives", "block_index").agg(
        pl.col("is_head").any(), neurons=pl.len(), mean=pl.col("count").mean(), spread=pl.col("count").std()
    )
    neurons = blocks["neurons"].to_numpy()
    quantile = t.ppf((1 + CONFIDENCE) / 2, np.maximum(neurons - 1, 1))
    reach = pl.col("spread") * pl.Series(quantile / np.sqrt(neurons))  # the spread of one neuron is null
    table = blocks.with_columns(mean_low=pl.col("mean") - reach, mean_high=pl.col("mean") + reach)
    schema = ADJECTIVES_BY_BLOCK.frame_schema
    return table.select(schema.names()).cast(schema).sort(ADJECTIVES_BY_BLOCK.key)


def adjectives_trends(counts: pl.DataFrame) -> pl.DataFrame:
    """The table ``adjectives_trends`` from :func:`count_adjectives`."""
    rows = []
    for kind in ("acoustic", "all"):
        of_it = counts.filter((pl.col("adjectives") == kind) & ~pl.col("is_head"))
        line = trend(of_it["block_index"].to_numpy(), of_it["count"].to_numpy().astype(np.float64))
        rows.append({"adjectives": kind} | line)
    return pl.DataFrame(rows, ADJECTIVES_TRENDS.frame_schema)


def _body(neurons: pl.DataFrame) -> pl.DataFrame:
    return neurons.filter(pl.col("sublayer") != "head").select("neuron_id", "block_index")
