"""How often a network that came trained is right on the fold that its training never heard."""

from typing import Any

import polars as pl

from dagster_and.foundation.progress import progress
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.target import Target
from dagster_and.targets.training.folds import commonest_share

BATCH = 16


def judged(target: Target, clips: pl.DataFrame, held_out_fold: int, features: FeatureCache) -> dict[str, Any]:
    """Columns ``held_out_clips``, ``held_out_accuracy`` and ``chance_accuracy`` of ``targets``.

    An answer is the highest logit among the classes that the probing set has: a head of many more would be marked
    wrong for a class that no clip is of.

    Args:
        target: a network with a head.
        clips: rows of ``probing_clips``.
        held_out_fold: the fold to judge on.
        features: what the network hears of each clip.
    """
    from dagster_and.hub.quiet import quiet_forward

    answers = [i for i, label in enumerate(target.class_labels) if label in set(clips["label"])]
    names = [target.class_labels[i] for i in answers]
    known = clips.filter((pl.col("fold") == held_out_fold) & pl.col("label").is_in(names))
    if known.is_empty():
        return {"held_out_clips": 0}
    said: list[str] = []
    batches = progress(features.batches(known, BATCH), "held-out clips", "batches", -(-known.height // BATCH))
    with target.placement.forward(), quiet_forward():
        for batch in batches:
            logits = target.logits(target.inputs(batch).arguments)[:, answers]
            said += [names[i] for i in logits.argmax(dim=1).tolist()]
    hits = sum(answer == label for answer, label in zip(said, known["label"], strict=True))
    return {
        "held_out_clips": known.height,
        "held_out_accuracy": hits / known.height,
        "chance_accuracy": commonest_share(known),
    }
