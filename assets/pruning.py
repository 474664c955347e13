"""Room pruning: a concept cut out of the network, and what it then forgets and keeps (AND, Table 4, Fig 4, Fig 10)."""

from collections.abc import Iterator
from functools import cache

from dagster import AssetExecutionContext, MaterializeResult, multi_asset

from assets.specs import table_asset, table_spec
from dagster_and import figures
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
from dagster_and.method.pruning.scope import folds
from dagster_and.resources import House, picture

VERSION = "2"
CHOSEN_FROM = (NEURONS, PROBING_CLIPS, CONCEPTS, ACTIVATIONS, CONCEPT_PREDICTIONS, CONCEPT_CHOICES, NEURON_WORDS)


@multi_asset(
    name="pruning_selection",
    specs=[
        table_spec(PRUNINGS, deps=CHOSEN_FROM, code_version=VERSION, note="A cut of no neuron is a row with a note."),
        table_spec(PRUNED_NEURONS, deps=CHOSEN_FROM, code_version=VERSION, note="Chosen before anything is cut."),
    ],
)
def pruning_selection(context: AssetExecutionContext, house: House) -> Iterator[MaterializeResult]:
    """Choose the neurons of every cut, with the reason for each."""
    from dagster_and.method.pruning.choosing import note_file, select_neurons, selection_settings

    dissection = house.dissection(context.partition_key)
    chosen = cache(lambda: select_neurons(dissection, house.lake))
    settings = selection_settings(dissection)
    yield house.materialise(
        context, PRUNINGS, lambda: chosen()[0], *settings,
        describe=lambda table: {"neurons by strategy": picture(figures.neurons_by_strategy(table))},
    )  # fmt: skip
    yield house.materialise(context, PRUNED_NEURONS, lambda: chosen()[1], *settings)
    note_file(dissection, house.lake)


@table_asset(
    PRUNING_OUTCOMES, deps=[TARGETS, PROBING_CLIPS, CONCEPTS, NEURONS, PRUNINGS, PRUNED_NEURONS], code_version=VERSION,
    kinds=["torch"], note="Every cut is undone bit for bit before the next one.",
)  # fmt: skip
def pruning_outcomes(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Run the held-out clips through the network after every cut."""
    from dagster_and.method.pruning.measuring import outcomes

    dissection = house.dissection(context.partition_key)
    return house.materialise(
        context, PRUNING_OUTCOMES, lambda: outcomes(dissection, house.lake, house.home),
        folds(dissection),
    )  # fmt: skip


@table_asset(
    PRUNING_EFFECTS, deps=[PROBING_CLIPS, CONCEPTS, TARGETS, PRUNINGS, PRUNING_OUTCOMES], code_version=VERSION,
    kinds=["numpy"], note="With bootstrap intervals over clips and a sign-flip test against random cuts as large.",
)  # fmt: skip
def pruning_effects(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Measure what each strategy made the network forget and keep."""
    from dagster_and.method.pruning.measuring import measured

    dissection = house.dissection(context.partition_key)
    section = dissection.pruning
    return house.materialise(
        context, PRUNING_EFFECTS, lambda: measured(dissection, house.lake),
        section.bootstrap_samples, section.confidence, folds(dissection),
    )  # fmt: skip


@table_asset(
    ABLATION_OUTCOMES, deps=[TARGETS, PROBING_CLIPS, NEURONS, NEURON_WORDS, SUMMARY_SENTENCES], code_version=VERSION,
    kinds=["torch"], note="A feature that the dissection can't rank by is a row with a reason.",
)  # fmt: skip
def ablation_outcomes(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Cut ever more of the neurons that have most of a feature, and count what the network still gets right."""
    from dagster_and.method.pruning.measuring import feature_importance, feature_settings

    dissection = house.dissection(context.partition_key)
    return house.materialise(
        context, ABLATION_OUTCOMES, lambda: feature_importance(dissection, house.lake, house.home),
        *feature_settings(dissection),
    )  # fmt: skip
