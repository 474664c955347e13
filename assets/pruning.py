"""Room pruning: a concept cut out of the network, and what it then forgets and keeps (AND, Table 4, Fig 4, Fig 10)."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_asset, table_spec, tables_asset
from dagster_and import figures
from dagster_and.catalogue import GPU
from dagster_and.dissection import Dissection
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    ABLATION_OUTCOMES,
    ACTIVATIONS,
    CONCEPT_CHOICES,
    CONCEPT_PREDICTIONS,
    CONCEPTS,
    NEURON_WORDS,
    NEURONS,
    PROBING_CLIPS,
    PRUNED_NEURONS,
    PRUNING_EFFECTS,
    PRUNING_OUTCOMES,
    PRUNINGS,
    SUMMARY_SENTENCES,
    TARGETS,
)
from dagster_and.method.pruning import scope
from dagster_and.method.pruning.cuts import Cut, Planned, distinct, plan_cuts, rows_of, saved
from dagster_and.method.pruning.feature_importance import (
    Ablation,
    ablation_rows,
    correct_after,
    features,
    measurable,
    plan,
)
from dagster_and.resources import House, picture

VERSION = "2"
CHOICE_VERSION = "4"
CHOSEN_FROM = (NEURONS, PROBING_CLIPS, CONCEPTS, ACTIVATIONS, CONCEPT_PREDICTIONS, CONCEPT_CHOICES, NEURON_WORDS)
CHOSEN_BY = {
    "concepts", "strategies", "size_of", "top", "db_similarity", "tab_similarity", "sublayers", "blocks", "seeds",
    "random_sizes",
}  # fmt: skip
"""Settings of the section that the choice of neurons depends on."""
RANKED_BY = {"sublayers", "blocks", "fractions", "ablation_seeds", "basic_adjectives", "single_adjectives"}
"""Settings of the section that feature importance depends on."""


@tables_asset(
    "pruning_selection",
    [
        table_spec(
            PRUNINGS, deps=CHOSEN_FROM, code_version=CHOICE_VERSION, note="A cut of no neuron is a row with a note."
        ),
        table_spec(
            PRUNED_NEURONS, deps=CHOSEN_FROM, code_version=CHOICE_VERSION, note="Chosen before anything is cut."
        ),
    ],
)
def pruning_selection(context: AssetExecutionContext, house: House) -> Iterator[MaterializeResult]:
    """Choose the neurons of every cut, with the reason for each."""
    dissection = house.dissection(context.partition_key)
    chosen = cache(lambda: select_neurons(dissection, house))
    settings = (dissection.pruning.model_dump(mode="json", include=CHOSEN_BY), folds(dissection))
    yield house.materialise(
        context, PRUNINGS, lambda: chosen()[0], *settings,
        describe=lambda table: {"neurons by strategy": picture(figures.neurons_by_strategy, table)},
    )  # fmt: skip
    yield house.materialise(context, PRUNED_NEURONS, lambda: chosen()[1], *settings)
    house.lake.note_file(PRUNINGS, dissection.name, dissection.fingerprint(house.home))


@table_asset(
    PRUNING_OUTCOMES, deps=[TARGETS, PROBING_CLIPS, CONCEPTS, NEURONS, PRUNINGS, PRUNED_NEURONS], code_version=VERSION,
    kinds=["torch"], pool=GPU, note="Every cut is undone bit for bit before the next one.",
)  # fmt: skip
def pruning_outcomes(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Run the held-out clips through the network after every cut."""
    dissection = house.dissection(context.partition_key)
    planned = cache(lambda: planned_cuts(dissection, house.lake))
    return house.materialise(
        context, PRUNING_OUTCOMES, lambda: outcomes(dissection, house, planned()), folds(dissection),
        describe=lambda _: saved(len(planned().run_of), len(planned().runs)), described_columns=["clip_id"],
    )  # fmt: skip


@table_asset(
    PRUNING_EFFECTS, deps=[PROBING_CLIPS, CONCEPTS, TARGETS, PRUNINGS, PRUNING_OUTCOMES], code_version=VERSION,
    kinds=["numpy"], note="With bootstrap intervals over clips and a sign-flip test against random cuts as large.",
)  # fmt: skip
def pruning_effects(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Measure what each strategy made the network forget and keep."""
    dissection = house.dissection(context.partition_key)
    section = dissection.pruning
    return house.materialise(
        context, PRUNING_EFFECTS, lambda: measured_effects(dissection, house.lake),
        section.bootstrap_samples, section.confidence, folds(dissection),
    )  # fmt: skip


@table_asset(
    ABLATION_OUTCOMES, deps=[TARGETS, PROBING_CLIPS, NEURONS, NEURON_WORDS, SUMMARY_SENTENCES], code_version=VERSION,
    kinds=["torch"], pool=GPU, note="A feature that the dissection can't rank by is a row with a reason.",
)  # fmt: skip
def ablation_outcomes(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Cut ever more of the neurons that have most of a feature, and count what the network still gets right."""
    dissection = house.dissection(context.partition_key)
    planned = cache(lambda: planned_ablations(dissection, house.lake))
    return house.materialise(
        context, ABLATION_OUTCOMES, lambda: feature_importance(dissection, house, planned()),
        dissection.pruning.model_dump(mode="json", include=RANKED_BY), folds(dissection),
        describe=lambda table: ablations_saved(table, planned()),
    )  # fmt: skip


def folds(dissection: Dissection) -> list:
    """All settings that say which clips are held out and which trained on."""
    return [dissection.held_out_fold, list(dissection.training_folds)]


def select_neurons(dissection: Dissection, house: House) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables ``prunings`` and ``pruned_neurons``.

    Raises:
        UserError: a concept, sublayer or block that the file names is not there.
    """
    from dagster_and.method.pruning.selection import Evidence, Rules, activation_gaps, select

    section, name, lake = dissection.pruning, dissection.name, house.lake
    neurons, clips = (lake.read(t, name) for t in (NEURONS, PROBING_CLIPS))
    wanted = _concepts(dissection, lake, scope.class_labels(neurons))
    training = scope.training_clips(clips, dissection.held_out_fold, dissection.training_folds)
    gaps = None
    if training is not None and "activation_gap" in section.strategies:
        labels = clips.sort("clip_id")["label"]
        gaps = activation_gaps(house.activations(name, "activation gaps"), labels, wanted["label"], training.to_numpy())
    words, predictions, choices = (
        lake.read_if_made(t, name) for t in (NEURON_WORDS, CONCEPT_PREDICTIONS, CONCEPT_CHOICES)
    )
    similarities = {"DB": section.db_similarity, "TAB": section.tab_similarity}
    rules = Rules(section.strategies, section.seeds, section.size_of, section.top, similarities, section.random_sizes)
    return select(_eligible(dissection, neurons), wanted, Evidence(words, predictions, choices, gaps), rules)


def planned_cuts(dissection: Dissection, lake: Lake) -> Planned:
    """Every cut of ``prunings`` that cuts something, and the controls; nothing to run without a held-out clip."""
    neurons, prunings, pruned = (lake.read(t, dissection.name) for t in (NEURONS, PRUNINGS, PRUNED_NEURONS))
    labels = scope.class_labels(neurons)
    if _heard(dissection, lake, labels).is_empty():
        prunings = prunings.clear()
    concepts = _concepts(dissection, lake, labels)
    return plan_cuts(prunings, pruned, concepts, neurons, _eligible(dissection, neurons))


def outcomes(dissection: Dissection, house: House, planned: Planned) -> pl.DataFrame:
    """The table ``pruning_outcomes``: what is planned, on every held-out clip."""
    from dagster_and.method.pruning.outcomes import outcome_rows

    if not planned.runs:
        return PRUNING_OUTCOMES.frame_schema.to_frame()
    labels = scope.class_labels(house.lake.read(NEURONS, dissection.name))
    heard = _heard(dissection, house.lake, labels)
    before, after = _run(dissection, house, heard, planned.runs)
    return outcome_rows(planned.prunings, heard, labels, before, after, planned.run_of)


def measured_effects(dissection: Dissection, lake: Lake) -> pl.DataFrame:
    """The table ``pruning_effects``."""
    from dagster_and.method.pruning.effects import Uncertainty, effects

    prunings, found = (lake.read(t, dissection.name) for t in (PRUNINGS, PRUNING_OUTCOMES))
    labels = scope.class_labels(lake.read(NEURONS, dissection.name))
    heard = _heard(dissection, lake, labels).select("clip_id", "label")
    how = Uncertainty(dissection.pruning.bootstrap_samples, dissection.pruning.confidence)
    return effects(prunings, found, heard, _concepts(dissection, lake, labels), how)


def planned_ablations(dissection: Dissection, lake: Lake) -> list[Ablation]:
    """Every cut of Fig 4; without held-out clips, too, where none is made."""
    section = dissection.pruning
    body = _eligible(dissection, lake.read(NEURONS, dissection.name)).sort("neuron_id")
    words, sentences = (lake.read_if_made(t, dissection.name) for t in (NEURON_WORDS, SUMMARY_SENTENCES))
    ranked = features(body["neuron_id"], words, sentences, section.basic_adjectives, section.single_adjectives)
    return plan(ranked, section.fractions, section.ablation_seeds)


def feature_importance(dissection: Dissection, house: House, planned: Sequence[Ablation]) -> pl.DataFrame:
    """The table ``ablation_outcomes``."""
    neurons = house.lake.read(NEURONS, dissection.name)
    labels = scope.class_labels(neurons)
    heard = _heard(dissection, house.lake, labels)
    body = _eligible(dissection, neurons).sort("neuron_id").select("neuron_id", "layer_name", "neuron_index")

    def run(places: Sequence[np.ndarray]) -> np.ndarray:
        return _run(dissection, house, heard, [rows_of(body[chosen]) for chosen in places])[1]

    own = heard["label"].to_list()
    return ablation_rows(planned, correct_after(planned, own, labels, run), own)


def ablations_saved(table: pl.DataFrame, planned: Sequence[Ablation]) -> dict[str, Any]:
    """Cuts that ``ablation_outcomes`` asked for, and how many of them were run."""
    made = measurable(planned) if table["correct"].count() else []
    return saved(len(made), len(distinct([planned[i].places for i in made])[0]))


def _concepts(dissection: Dissection, lake: Lake, classes: Sequence[str]) -> pl.DataFrame:
    return scope.pruned_concepts(dissection.pruning.concepts, lake.read(CONCEPTS, dissection.name), classes)


def _eligible(dissection: Dissection, neurons: pl.DataFrame) -> pl.DataFrame:
    return scope.eligible_neurons(neurons, dissection.pruning.sublayers, dissection.pruning.blocks)


def _heard(dissection: Dissection, lake: Lake, classes: Sequence[str]) -> pl.DataFrame:
    clips = lake.read(PROBING_CLIPS, dissection.name)
    return scope.held_out_clips(clips, classes, dissection.held_out_fold)


def _run(
    dissection: Dissection, house: House, heard: pl.DataFrame, cuts: Sequence[Cut]
) -> tuple[np.ndarray, np.ndarray]:
    """Logits before ("clip class") and after ("cut clip class")."""
    from dagster_and.targets.cutting.evaluating import logits_after
    from dagster_and.targets.cutting.obstacles import check_cuttable

    target, section = house.target(dissection), dissection.pruning
    check_cuttable(target, _eligible(dissection, house.lake.read(NEURONS, dissection.name)))
    features, engine = house.features(dissection, target), house.engine(dissection)
    return logits_after(target, heard, features, cuts, section.batch_size, section.memory_mb, engine)
