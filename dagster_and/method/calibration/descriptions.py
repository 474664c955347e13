"""What calibration leaves of a summary: the neuron's description."""

import polars as pl


def descriptions(sentences: pl.DataFrame, neurons: pl.DataFrame) -> list[str | None]:
    """The calibrated description of every neuron, in the order of neuron_id: its kept sentences, joined by blanks.

    Args:
        sentences: the table ``summary_sentences``.
        neurons: the table; a neuron of which no sentence is kept has None.
    """
    kept = (
        sentences.filter((pl.col("direction") == "highest") & pl.col("is_kept"))
        .sort("sentence_index")
        .group_by("neuron_id", maintain_order=True)
        .agg(pl.col("sentence").str.join(" "))
    )
    everyone = neurons.select("neuron_id").sort("neuron_id")
    return everyone.join(kept, on="neuron_id", how="left", maintain_order="left")["sentence"].to_list()
