"""The verdict on each neuron: described, nameable by words only, without evidence, or dead.

dead: the activation is the same on every clip, up to rounding. described: by its better scorer, the description beats
chance on held-out clips, at a false discovery rate of 1 % over all neurons that could be tested; the p value is taken
times the number of scorers, since the better one was picked. An LLM's detection stands beside them and decides nothing,
so that verdicts mean the same whoever describes. words_only: the description doesn't, or calibration left
none, but the activation follows words of the captions. Everything else has no evidence: its description, if it has one,
may be no more than what any five clips have in common.

Trust is that of what is stated. A description that is stated has its held-out score; words that are stated alone have
none, since they were picked on these very clips.
"""

import numpy as np
import polars as pl

from dagster_and.method.activations.spread import is_dead
from dagster_and.method.evidence.detection import SCORER as DETECTION
from dagster_and.method.evidence.tables import NEURON_VERDICTS
from dagster_and.method.statistics.auroc import false_discovery_rate

FALSE_DISCOVERY_RATE = 0.01
PICKED_HERE = "Its words were picked on the held-out clips, so none are left to score them on; each has its own q."
NOTHING_STATED = "Nothing is stated of it."


def verdicts(spread: pl.DataFrame, scores: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """The table ``neuron_verdicts``.

    Args:
        spread: neuron_id, minimum and maximum, of the table ``activations``.
        scores: the table ``description_scores``.
        words: the table ``evident_words``.
    """
    best = (
        scores.filter(pl.col("scorer") != DETECTION)
        .with_columns(scorers=pl.col("p_value").count().over("neuron_id"))
        .sort("neuron_id", "p_value", -pl.col("score"), nulls_last=True)
        .unique("neuron_id", keep="first", maintain_order=True)
        .with_columns(p_value=(pl.col("p_value") * pl.col("scorers")).clip(upper_bound=1.0))
    )
    listed = (
        words.sort("neuron_id", "rank").group_by("neuron_id").agg(pl.col("word").str.join(", ").alias("evident_words"))
    )
    joined = (
        spread.select("neuron_id", dead=is_dead(pl.col("minimum"), pl.col("maximum")))
        .join(best, on="neuron_id", how="left")
        .join(listed, on="neuron_id", how="left")
        .sort("neuron_id")
    )
    joined = joined.with_columns(p_value=pl.when(~pl.col("dead")).then("p_value"))
    q = false_discovery_rate(joined["p_value"].cast(pl.Float64).fill_null(np.nan).to_numpy())
    joined = joined.with_columns(q_value=pl.Series(q).fill_nan(None))
    follows_words = pl.col("evident_words").is_not_null() & ~pl.col("dead")
    is_tested = pl.col("q_value").is_not_null()
    is_described = (pl.col("q_value") < FALSE_DISCOVERY_RATE).fill_null(False)
    judged = joined.with_columns(
        verdict=pl.when("dead").then(pl.lit("dead")).when(is_described).then(pl.lit("described"))
        .when(follows_words).then(pl.lit("words_only")).otherwise(pl.lit("no_evidence")),
        is_described=is_described | follows_words,
        statement=_statement(is_described, follows_words),
        reason=_reason(is_described),
        held_out_score=pl.when(is_tested).then("score"),
        trust_missing_reason=pl.when(~is_described).then(
            pl.when(follows_words).then(pl.lit(PICKED_HERE)).otherwise(pl.lit(NOTHING_STATED))),
        scorer=pl.when(is_tested).then("scorer"),
        **{f"trust{end}": pl.when(is_described).then(f"score{end}") for end in ("", "_low", "_high")},
        clips=pl.when(is_tested).then("clips").otherwise(0),
    )  # fmt: skip
    schema = NEURON_VERDICTS.frame_schema
    return judged.select(schema.names()).cast(schema)


def _statement(is_described: pl.Expr, follows_words: pl.Expr) -> pl.Expr:
    """What can be said with evidence: the description if it holds, and the words that the activation follows."""
    words = pl.format("The activation follows the words {} in captions.", "evident_words")
    said = pl.when(is_described).then("description")
    return pl.when(is_described | follows_words).then(
        pl.concat_str(said, pl.when(follows_words).then(words), separator=" ", ignore_nulls=True)
    )


def _short(column: str) -> pl.Expr:
    """A number as text, to two decimals that say something: 0.0312 -> 0.031, 2.2504e-13 -> 2.25e-13."""
    return pl.col(column).cast(pl.String).str.replace(r"^(\d\.0*\d\d)\d*", "$1")


def _reason(is_described: pl.Expr) -> pl.Expr:
    measured = pl.format(
        "By {} it tells highly activating clips from others: AUROC {} (chance 0.5) on {} held-out clips, q = {}.",
        "scorer", pl.col("score").round(3), "clips", _short("q_value"),
    )  # fmt: skip
    return (
        pl.when("dead").then(pl.lit("The activation is the same on every clip."))
        .when(is_described).then(measured)
        .when(pl.col("q_value").is_not_null())
        .then(pl.concat_str(pl.lit("The description does not beat chance on held-out clips. "), measured))
        .otherwise(pl.coalesce("missing_reason", pl.lit("It was not scored.")))
    )  # fmt: skip
