"""Cutting and measuring: the tables ``pruning_outcomes``, ``pruning_effects`` and ``ablation_outcomes``."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from dagster_and.dissection import Dissection
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.method.activations.tables import NEURONS
from dagster_and.method.calibration.tables import SUMMARY_SENTENCES
from dagster_and.method.closed_concepts.tables import CONCEPTS
from dagster_and.method.open_concepts.tables import NEURON_WORDS
from dagster_and.method.probing.tables import PROBING_CLIPS
from dagster_and.method.pruning.choosing import read_if_made
from dagster_and.method.pruning.scope import (
    check_cuttable,
    class_labels,
    eligible_neurons,
    folds,
    held_out_clips,
    pruned_concepts,
)
from dagster_and.method.pruning.tables import PRUNED_NEURONS, PRUNING_OUTCOMES, PRUNINGS
from dagster_and.method.target.tables import TARGETS
from dagster_and.targets.cutting.cutting import Cut

FEATURE_SETTINGS = {
    "sublayers", "blocks", "fractions", "ablation_seeds", "basic_adjectives", "single_adjectives",
}  # fmt: skip


def feature_settings(dissection: Dissection) -> tuple[Any, ...]:
    """Everything in the dissection file that feature importance depends on."""
    return (dissection.pruning.model_dump(mode="json", include=FEATURE_SETTINGS), folds(dissection))


def open_network(dissection: Dissection, lake: Lake) -> Any:
    """The dissection's target, with its weights.

    Raises:
        UserError: it can't be opened.
    """
    from dagster_and.targets.target import open_dissected

    return open_dissected(dissection, lake.read(TARGETS, dissection.name)["checkpoint"][0])


def outcomes(dissection: Dissection, lake: Lake, home: Home) -> pl.DataFrame:
    """The table ``pruning_outcomes``: every cut that cuts something, and the controls, on every held-out clip."""
    from dagster_and.method.pruning.outcomes import outcome_rows
    from dagster_and.targets.cutting.evaluating import rows_of

    neurons, clips, concepts = (lake.read(t, dissection.name) for t in (NEURONS, PROBING_CLIPS, CONCEPTS))
    prunings, chosen = (lake.read(t, dissection.name) for t in (PRUNINGS, PRUNED_NEURONS))
    labels = class_labels(neurons)
    heard = held_out_clips(dissection, clips, labels)
    wanted = pruned_concepts(dissection, concepts, labels).filter(pl.col("obstacle").is_null())
    is_cut = (pl.col("neurons") > 0) | pl.col("strategy").is_in(["none", "body"])
    cuts = prunings.filter(is_cut & pl.col("concept_id").is_in(wanted["concept_id"].to_list()))
    if heard.is_empty() or cuts.is_empty():
        return PRUNING_OUTCOMES.frame_schema.to_frame()
    listed = chosen.join(neurons.select("neuron_id", "layer_name", "neuron_index"), on="neuron_id")
    rows: dict[tuple, Cut] = {key: rows_of(part) for key, part in listed.group_by(PRUNINGS.key)}
    rows |= {("none",): {}, ("all",): rows_of(eligible_neurons(dissection, neurons)), ("body",): "body"}
    # what a control cuts is the same for every concept, so it is run once
    keys = [k if k in rows else k[:1] for k in cuts.select(PRUNINGS.key).iter_rows()]
    distinct = list(dict.fromkeys(keys))
    before, after = _run(dissection, lake, home, heard, [rows[key] for key in distinct])
    place = {key: i for i, key in enumerate(distinct)}
    cuts = cuts.join(wanted.select("concept_id", "label"), on="concept_id", maintain_order="left")
    return outcome_rows(cuts, heard, labels, before, after[[place[key] for key in keys]])


def measured(dissection: Dissection, lake: Lake) -> pl.DataFrame:
    """The table ``pruning_effects``."""
    from dagster_and.method.pruning.effects import Uncertainty, effects

    neurons, clips, concepts = (lake.read(t, dissection.name) for t in (NEURONS, PROBING_CLIPS, CONCEPTS))
    labels = class_labels(neurons)
    heard = held_out_clips(dissection, clips, labels).select("clip_id", "label")
    prunings, found = (lake.read(t, dissection.name) for t in (PRUNINGS, PRUNING_OUTCOMES))
    how = Uncertainty(dissection.pruning.bootstrap_samples, dissection.pruning.confidence)
    return effects(prunings, found, heard, pruned_concepts(dissection, concepts, labels), how)


def feature_importance(dissection: Dissection, lake: Lake, home: Home) -> pl.DataFrame:
    """The table ``ablation_outcomes``."""
    from dagster_and.method.pruning.feature_importance import ablation_rows, features, plan
    from dagster_and.targets.cutting.evaluating import rows_of

    section = dissection.pruning
    neurons, clips = (lake.read(t, dissection.name) for t in (NEURONS, PROBING_CLIPS))
    labels = class_labels(neurons)
    heard = held_out_clips(dissection, clips, labels)
    body = eligible_neurons(dissection, neurons).sort("neuron_id")
    words, sentences = (read_if_made(lake, t, dissection.name) for t in (NEURON_WORDS, SUMMARY_SENTENCES))
    ranked = features(body["neuron_id"], words, sentences, section.basic_adjectives, section.single_adjectives)
    planned = plan(ranked, section.fractions, section.ablation_seeds)
    made = [i for i, ablation in enumerate(planned) if ablation.feature.score is not None and not heard.is_empty()]
    correct: list[int | None] = [None] * len(planned)
    if made:
        _, after = _run(dissection, lake, home, heard, [rows_of(body[planned[i].places]) for i in made])
        own = np.array([labels.index(label) for label in heard["label"]])
        for i, right in zip(made, (after.argmax(axis=2) == own).sum(axis=1).tolist(), strict=True):
            correct[i] = right
    return ablation_rows(planned, correct, heard["label"].to_list())


def _run(
    dissection: Dissection, lake: Lake, home: Home, heard: pl.DataFrame, cuts: Sequence[Cut]
) -> tuple[np.ndarray, np.ndarray]:
    """Logits before ("clip class") and after ("cut clip class")."""
    from dagster_and.targets.cutting.evaluating import logits_after
    from dagster_and.targets.hearing.feature_cache import FeatureCache

    target = open_network(dissection, lake)
    check_cuttable(target, eligible_neurons(dissection, lake.read(NEURONS, dissection.name)))
    features = FeatureCache(home.cache / "features", target.frontend, dissection.window_s)
    section = dissection.pruning
    return logits_after(target, heard, features, cuts, section.batch_size, section.memory_mb)
