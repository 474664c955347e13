"""Which caption sets are summarised: the highest and the lowest clips of every neuron (AND, module B).

Neurons with the same captions share one request, whatever the order of their clips.
"""

import random
from collections.abc import Callable, Sequence

import polars as pl

from dagster_and.method.summaries.tables import MOMENT_CAPTIONS

CAPPED = "neurons_per_layer leaves it out"
UNCAPTIONED = "none of its clips has a caption"

Answered = tuple[str | None, str | None, str | None]
"""Summary, answer_id, missing_reason."""


def neurons_to_describe(neurons: pl.DataFrame, per_layer: int | None, choice: str, seed: int) -> set[int]:
    """neuron_ids within the cap: all of the head (its classes are known), and of every other layer ``per_layer``.

    Args:
        neurons: the table ``neurons``.
        per_layer: None for all.
        choice: ``first`` by neuron_index, or ``random`` by the seed and the layer's name alone.
    """
    chosen: set[int] = set()
    for (layer,), rows in neurons.sort("neuron_id").group_by("layer_name", maintain_order=True):
        ids = rows["neuron_id"].to_list()
        is_head = rows["class_label"].null_count() < rows.height
        if per_layer is None or is_head or per_layer >= len(ids):
            chosen.update(ids)
        else:
            chosen.update(
                ids[:per_layer] if choice == "first" else random.Random(f"{seed} {layer}").sample(ids, per_layer)
            )
    return chosen


def caption_sets(
    top_clips: pl.DataFrame, captions: pl.DataFrame, of_moments: pl.DataFrame | None = None
) -> pl.DataFrame:
    """One row per neuron and direction: ``captions``, those of its clips that have one, sorted; an empty list if none.

    A clip whose moment was listened to goes by the moment's caption alone: without one it has none.

    Args:
        top_clips: the table ``top_clips``.
        captions: the table ``clip_captions``.
        of_moments: the table ``moment_captions``; None where only whole clips count.
    """
    told = top_clips.join(captions.select("clip_id", "caption"), on="clip_id", how="left")
    if of_moments is not None:
        moment = of_moments.select(*MOMENT_CAPTIONS.key, of_moment="caption", has_moment=pl.lit(True))
        told = told.join(moment, on=MOMENT_CAPTIONS.key, how="left").with_columns(
            caption=pl.when("has_moment").then("of_moment").otherwise("caption")
        )
    return (
        told.group_by("neuron_id", "direction")
        .agg(captions=pl.col("caption").drop_nulls().sort())
        .sort("neuron_id", "direction")
    )


def summarise(
    sets: pl.DataFrame,
    chosen: set[int],
    ask: Callable[[Sequence[tuple[str, ...]]], Sequence[Answered]],
    describer: str,
) -> pl.DataFrame:
    """The table ``summaries``: each distinct set of captions is asked about once.

    Args:
        sets: from :func:`caption_sets`.
        chosen: from :func:`neurons_to_describe`.
        ask: one answer for each set of captions.
        describer: who is asked.
    """
    rows = [tuple(captions) for captions in sets["captions"].to_list()]
    is_wanted = [neuron in chosen for neuron in sets["neuron_id"]]
    wanted = sorted({row for row, wants in zip(rows, is_wanted, strict=True) if wants and row})
    answers: dict[tuple[str, ...], Answered] = dict(zip(wanted, ask(wanted), strict=True))
    said = [
        (None, None, CAPPED) if not wants else answers[row] if row else (None, None, UNCAPTIONED)
        for row, wants in zip(rows, is_wanted, strict=True)
    ]
    schema = {"summary": pl.String, "answer_id": pl.String, "missing_reason": pl.String}
    return sets.select("neuron_id", "direction").hstack(pl.DataFrame(said, schema=schema, orient="row")).with_columns(
        describer=pl.lit(describer)
    )  # fmt: skip
