"""The verdict on each neuron: labelled, described, without evidence, or dead.

dead: the activation is the same on every clip, up to rounding. labelled: the room labels found a form that the
activation follows on clips that did not choose it. described: it found none, but by its better scorer the description
beats chance on clips that did not make it, at a false discovery rate of 1 % over all neurons that could be tested; the
p value is taken times the number of scorers, since the better one was picked. An LLM's detection stands beside them and
decides nothing, so that verdicts mean the same whoever describes. Everything else has no evidence: its description, if
it has one, may be no more than what any five clips have in common.

The statement is the label's sentence (:mod:`.sentences`), else the description that holds, and trust is that of what is
stated. Caption words that the activation follows stand beside it.
"""

import numpy as np
import polars as pl

from dagster_and.method.activations.spread import is_dead
from dagster_and.method.evidence.detection import SCORER as DETECTION
from dagster_and.method.evidence.tables import NEURON_VERDICTS
from dagster_and.method.statistics.auroc import false_discovery_rate

FALSE_DISCOVERY_RATE = 0.01
NOTHING_STATED = "Nothing is stated of it."


def verdicts(
    spread: pl.DataFrame, scores: pl.DataFrame, words: pl.DataFrame, labels: pl.DataFrame, sentences: pl.DataFrame
) -> pl.DataFrame:
    """The table ``neuron_verdicts``.

    Args:
        spread: neuron_id, minimum and maximum, of the table ``activations``.
        scores: the table ``description_scores``.
        words: the table ``evident_words``.
        labels: the table ``neuron_labels``.
        sentences: the table ``neuron_sentences``.
    """
    listed = (
        words.sort("neuron_id", "rank").group_by("neuron_id").agg(pl.col("word").str.join(", ").alias("evident_words"))
    )
    joined = (
        spread.select("neuron_id", dead=is_dead(pl.col("minimum"), pl.col("maximum")))
        .join(_better_scores(scores), on="neuron_id", how="left")
        .join(listed, on="neuron_id", how="left")
        .join(_labels(labels), on="neuron_id", how="left")
        .join(sentences.select("neuron_id", "sentence"), on="neuron_id", how="left")
        .sort("neuron_id")
    )
    joined = joined.with_columns(p_value=pl.when(~pl.col("dead")).then("p_value"))
    q = false_discovery_rate(joined["p_value"].cast(pl.Float64).fill_null(np.nan).to_numpy())
    joined = joined.with_columns(q_value=pl.Series(q).fill_nan(None))
    joined = joined.with_columns(is_description_supported=pl.col("q_value") < FALSE_DISCOVERY_RATE)
    is_labelled = pl.col("label").is_not_null() & ~pl.col("dead")
    is_told = pl.col("is_description_supported").fill_null(False) & ~is_labelled
    is_tested = pl.col("q_value").is_not_null()
    judged = joined.with_columns(
        verdict=pl.when("dead").then(pl.lit("dead")).when(is_labelled).then(pl.lit("labelled"))
        .when(is_told).then(pl.lit("described")).otherwise(pl.lit("no_evidence")),
        is_described=is_labelled | is_told,
        statement=pl.when(is_labelled).then("sentence").when(is_told).then("description"),
        reason=_reason(is_labelled),
        held_out_score=pl.when(is_tested).then("score"),
        trust_missing_reason=pl.when(~(is_labelled | is_told)).then(pl.lit(NOTHING_STATED)),
        scorer=pl.when(is_tested).then("scorer"),
        clips=pl.when(is_tested).then("clips").otherwise(0),
        **{
            f"trust{end}": pl.when(is_labelled).then(f"auroc{end}").when(is_told).then(f"score{end}")
            for end in ("", "_low", "_high")
        },
    )  # fmt: skip
    schema = NEURON_VERDICTS.frame_schema
    return judged.select(schema.names()).cast(schema)


def _better_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Of each neuron the scorer with the smaller p value, which is taken times their number."""
    return (
        scores.filter(pl.col("scorer") != DETECTION)
        .with_columns(scorers=pl.col("p_value").count().over("neuron_id"))
        .sort("neuron_id", "p_value", -pl.col("score"), nulls_last=True)
        .unique("neuron_id", keep="first", maintain_order=True)
        .with_columns(p_value=(pl.col("p_value") * pl.col("scorers")).clip(upper_bound=1.0))
        .rename({"claim": "description"})
    )


def _labels(labels: pl.DataFrame) -> pl.DataFrame:
    """Of each neuron its first label, with what it rests on."""
    return labels.filter(pl.col("mode") == 1).select(
        "neuron_id", "label", "auroc", "auroc_low", "auroc_high", label_clips="clips", label_q_value="q_value"
    )


def _short(column: str) -> pl.Expr:
    """A number as text, to two decimals that say something: 0.0312 -> 0.031, 2.2504e-13 -> 2.25e-13."""
    return pl.col(column).cast(pl.String).str.replace(r"^(\d\.0*\d\d)\d*", "$1")


def _reason(is_labelled: pl.Expr) -> pl.Expr:
    by_label = pl.format(
        "Its label tells highly activating clips from others: AUROC {} (chance 0.5) on {} clips, each by the form that "
        "other clips chose, q = {}.",
        pl.col("auroc").round(3), "label_clips", _short("label_q_value"),
    )  # fmt: skip
    by_description = pl.format(
        "By {} it tells highly activating clips from others: AUROC {} (chance 0.5) on {} clips, each half by what the "
        "other half says, q = {}.",
        "scorer", pl.col("score").round(3), "clips", _short("q_value"),
    )  # fmt: skip
    in_vain = pl.lit("No label holds, and the description does not beat chance on clips that did not make it. ")
    untested = pl.coalesce("missing_reason", pl.lit("It was not scored."))
    return (
        pl.when("dead").then(pl.lit("The activation is the same on every clip."))
        .when(is_labelled).then(by_label)
        .when("is_description_supported")
        .then(pl.concat_str(pl.lit("No label holds, but the description does. "), by_description))
        .when(pl.col("q_value").is_not_null()).then(pl.concat_str(in_vain, by_description))
        .otherwise(pl.concat_str(pl.lit("No label holds. "), untested))
    )  # fmt: skip
