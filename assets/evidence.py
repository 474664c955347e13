"""Room evidence: how far each claim about a neuron can be trusted."""

from collections.abc import Set
from typing import TYPE_CHECKING

import polars as pl
from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and.catalogue import LLM
from dagster_and.describers import answered, open_detector, open_writer
from dagster_and.dissection import Dissection
from dagster_and.exports.markdown import markdown
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    ACTIVATIONS,
    ATOMS,
    CLIP_ACOUSTICS,
    CLIP_CAPTIONS,
    CONCEPT_CHOICES,
    CONCEPT_PREDICTIONS,
    CONCEPT_SIGNIFICANCE,
    CONCEPTS,
    DESCRIPTION_SCORES,
    DESCRIPTION_STABILITY,
    EVIDENT_WORDS,
    HALF_DESCRIPTIONS,
    LABEL_PARTS,
    NEURON_LABELS,
    NEURON_SENTENCES,
    NEURON_VERDICTS,
    NEURONS,
    PLANTED_NEURONS,
    PROBING_CLIPS,
    SUMMARY_SENTENCES,
    TARGETS,
)
from dagster_and.llm.collecting import spent_frame
from dagster_and.method.calibration.descriptions import descriptions
from dagster_and.resources import House

if TYPE_CHECKING:
    from dagster_and.describers import Describer, Detector, Writer
    from dagster_and.method.evidence.halves import Halves


@table_asset(
    CONCEPT_SIGNIFICANCE, deps=[ACTIVATIONS, CONCEPT_PREDICTIONS, CONCEPT_CHOICES, CONCEPTS, PROBING_CLIPS],
    code_version="3", kinds=["numpy"],
)  # fmt: skip
def concept_significance(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Test every closed-concept answer on the clips of its concept."""
    name = context.partition_key

    def make():
        from dagster_and.method.evidence.significance import closed_answers, significance

        concepts, predicted, chosen = (
            house.lake.read(t, name) for t in (CONCEPTS, CONCEPT_PREDICTIONS, CONCEPT_CHOICES)
        )
        labels = house.lake.read(PROBING_CLIPS, name, ["clip_id", "label"])["label"].to_list()
        return significance(
            house.activations(name, "significance"), closed_answers(predicted, chosen), concepts, labels
        )

    return house.materialise(
        context, CONCEPT_SIGNIFICANCE, make,
        describe=lambda table: {"significant": table["is_significant"].sum(), "tested": table["p_value"].count()},
    )  # fmt: skip


@table_asset(EVIDENT_WORDS, deps=[ACTIVATIONS, CLIP_CAPTIONS, SUMMARY_SENTENCES], code_version="3", kinds=["numpy"])
def evident_words(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Find the caption words that each neuron's activation follows."""
    name = context.partition_key

    def make():
        from dagster_and.method.evidence.evident_words import evident_words

        captions = house.lake.read(CLIP_CAPTIONS, name)["caption"].to_list()
        return evident_words(house.activations(name, "evident words"), _descriptions(house.lake, name), captions)

    return house.materialise(context, EVIDENT_WORDS, make)


@table_asset(
    HALF_DESCRIPTIONS, deps=[ACTIVATIONS, CLIP_CAPTIONS, NEURONS, PROBING_CLIPS], code_version="1", kinds=["torch"],
    pool=LLM,
    note="Each by its own top and bottom clips, calibrated as the full description is. With an LLM only if "
    "evidence.stability is on; a neuron that is left out has its rows with a reason.",
)  # fmt: skip
def half_descriptions(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Describe every neuron from either half of the clips."""
    dissection = house.dissection(context.partition_key)
    describer = house.describer(dissection)
    k, threshold = dissection.top_clips.k, dissection.calibration.threshold
    chosen, reason = _described_again(dissection, house.lake)

    return house.materialise(
        context, HALF_DESCRIPTIONS, lambda: described_by_half(house, dissection, describer, chosen, reason),
        k, threshold, describer.name, describer.fingerprint, sorted(chosen), reason,
        describe=lambda table: {
            "described": table["description"].count(),
            "calls to a model": MetadataValue.md(markdown(spent_frame(describer, "summarise"))),
        },
    )  # fmt: skip


@table_asset(
    DESCRIPTION_SCORES,
    deps=[
        ACTIVATIONS, CLIP_CAPTIONS, PROBING_CLIPS, NEURONS, SUMMARY_SENTENCES, NEURON_LABELS, LABEL_PARTS,
        HALF_DESCRIPTIONS,
    ],
    code_version="6", kinds=["torch"], pool=LLM,
    note="Each half of the clips by the description that the other half made; shuffled descriptions beside. An LLM "
    "that describes detects by labels, too, unless evidence.detection is off.",
)  # fmt: skip
def description_scores(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Score every description on clips that it was not made from."""
    dissection = house.dissection(context.partition_key)
    encoder = dissection.closed_concepts.text_encoder
    llm = open_detector(dissection, house.home)
    detection = [llm.fingerprint, dissection.evidence.detection_clips, dissection.summaries] if llm else None

    return house.materialise(
        context, DESCRIPTION_SCORES, lambda: scored(house, dissection, llm), encoder, detection,
        describe=lambda table: {
            **dict(table.group_by("scorer").agg(pl.col("score").mean()).drop_nulls().sort("scorer").iter_rows()),
            "shuffled": table["shuffled_score"].mean(),
            "calls to a model": MetadataValue.md(markdown(spent_frame(llm, "detect"))),
        },
    )  # fmt: skip


@table_asset(
    NEURON_SENTENCES, deps=[NEURON_LABELS, ATOMS, EVIDENT_WORDS, CLIP_CAPTIONS, CLIP_ACOUSTICS, NEURONS],
    code_version="3", pool=LLM,
    note="A rule writes every sentence. An LLM that describes words those of the neurons of summaries, unless "
    "evidence.sentences is off; what it adds or leaves out is not used.",
)  # fmt: skip
def neuron_sentences(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Write each neuron's label, and what else has evidence, as one line."""
    dissection = house.dissection(context.partition_key)
    llm = open_writer(dissection, house.home)

    return house.materialise(
        context, NEURON_SENTENCES, lambda: written(dissection, house.lake, llm),
        [llm.name, llm.fingerprint, dissection.summaries] if llm else None,
        describe=lambda table: {
            **dict(table["writer"].drop_nulls().value_counts().sort("writer").iter_rows()),
            "words (median)": table["sentence"].str.split(" ").list.len().median(),
            "calls to a model": MetadataValue.md(markdown(spent_frame(llm, "write"))),
            "examples": MetadataValue.md(markdown(table.select("neuron_id", "sentence").drop_nulls().head(10))),
        },
    )  # fmt: skip


@table_asset(
    NEURON_VERDICTS, deps=[ACTIVATIONS, NEURON_LABELS, NEURON_SENTENCES, DESCRIPTION_SCORES, EVIDENT_WORDS],
    code_version="6",
)  # fmt: skip
def neuron_verdicts(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Say which neurons are labelled or described, which are dead, and for which there is no evidence."""
    name = context.partition_key

    def make():
        from dagster_and.method.evidence.verdicts import verdicts

        tables = (DESCRIPTION_SCORES, EVIDENT_WORDS, NEURON_LABELS, NEURON_SENTENCES)
        judged = (house.lake.read(table, name) for table in tables)
        return verdicts(house.lake.read(ACTIVATIONS, name, ["neuron_id", "minimum", "maximum"]), *judged)

    return house.materialise(
        context, NEURON_VERDICTS, make,
        describe=lambda table: dict(table["verdict"].value_counts().iter_rows()),
    )  # fmt: skip


@table_asset(
    DESCRIPTION_STABILITY, deps=[HALF_DESCRIPTIONS], code_version="4",
    note="A neuron of which a half says nothing is a row with a reason.",
)  # fmt: skip
def description_stability(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Compare what either half of the clips says of every neuron."""
    dissection = house.dissection(context.partition_key)
    encoder = dissection.closed_concepts.text_encoder

    def make():
        from dagster_and.method.evidence.stability import stability

        return stability(house.lake.read(HALF_DESCRIPTIONS, dissection.name), house.encoding_by(encoder))

    return house.materialise(context, DESCRIPTION_STABILITY, make, encoder)


@table_asset(PLANTED_NEURONS, deps=[TARGETS, NEURONS], code_version="2")
def planted_neurons(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """List what was planted, where a planted network is dissected."""
    name = context.partition_key

    def make() -> pl.DataFrame:
        from dagster_and.targets.planted.planting import planted_neurons

        return planted_neurons(house.lake.read(TARGETS, name)["checkpoint"][0], house.lake.read(NEURONS, name))

    return house.materialise(context, PLANTED_NEURONS, make)


def described_by_half(
    house: House, dissection: Dissection, describer: "Describer", chosen: Set[int], reason: str
) -> pl.DataFrame:
    """The table ``half_descriptions``, of the chosen neurons; ``reason`` says why others are not described."""
    from dagster_and.method.evidence.halves import half_descriptions, half_evidence

    lake, name = house.lake, dissection.name
    captions, parts = _captions(lake, name), _halves(lake, name)
    rows = house.activations(name, "halves")
    evidence = half_evidence(rows, captions, parts, dissection.top_clips.k, chosen, reason)
    return half_descriptions(
        evidence, lambda sets: answered(describer.summarise(sets)), describer.name,
        house.encoding_by("minilm"), dissection.calibration.threshold,
    )  # fmt: skip


def scored(house: House, dissection: Dissection, llm: "Detector | None") -> pl.DataFrame:
    """The table ``description_scores``: by the embedded scorers, and by the LLM where there is one."""
    from dagster_and.method.evidence.description_scores import description_scores, scorers

    lake, name = house.lake, dissection.name
    captions, texts = lake.read(CLIP_CAPTIONS, name).drop_nulls("caption"), _descriptions(lake, name)
    made, parts = lake.read(HALF_DESCRIPTIONS, name), _halves(lake, name)
    said = [text for text in (*texts, *made["description"]) if text]
    near = scorers(captions["caption"].to_list(), said, house.encoding_by(dissection.closed_concepts.text_encoder))
    scores = [description_scores(house.activations(name, "description scores"), texts, made, parts, near)]
    if llm:
        scores.append(detected(dissection, lake, llm))
    return pl.concat(scores).sort(DESCRIPTION_SCORES.key)


def detected(dissection: Dissection, lake: Lake, llm: "Detector") -> pl.DataFrame:
    """The rows of ``description_scores`` whose scorer is detection."""
    from dagster_and.describers import Detection
    from dagster_and.method.evidence.detection import Labels, detection_scores, questions

    name = dissection.name
    asked = questions(
        lake.batches(ACTIVATIONS, name), Labels.of(lake.read(NEURON_LABELS, name), lake.read(LABEL_PARTS, name)),
        _captions(lake, name), _folds(lake, name), _to_describe(dissection, lake), dissection.evidence.detection_clips,
    )  # fmt: skip
    return detection_scores(asked, lambda pairs: answered(llm.detect([Detection(*pair) for pair in pairs])))


def written(dissection: Dissection, lake: Lake, llm: "Writer | None") -> pl.DataFrame:
    """The table ``neuron_sentences``: by the rule, and by the LLM where there is one."""
    from dagster_and.method.evidence.material import materials
    from dagster_and.method.evidence.sentences import Rule, neuron_sentences

    name = dissection.name
    labels, words, atoms = (lake.read(table, name) for table in (NEURON_LABELS, EVIDENT_WORDS, ATOMS))
    told = materials(labels, words, atoms, _captions(lake, name), lake.read(CLIP_ACOUSTICS, name))
    rule = Rule.of(atoms)
    if llm is None:
        return neuron_sentences(labels, told, rule)
    chosen = _to_describe(dissection, lake)
    return neuron_sentences(labels, told, rule, llm.name, chosen, lambda asked: answered(llm.write(asked)))


def _captions(lake: Lake, name: str) -> list[str | None]:
    return lake.read(CLIP_CAPTIONS, name)["caption"].to_list()


def _halves(lake: Lake, name: str) -> "Halves":
    from dagster_and.method.evidence.halves import halves

    return halves(_captions(lake, name), _folds(lake, name))


def _folds(lake: Lake, name: str) -> list[int | None]:
    return lake.read(PROBING_CLIPS, name, ["fold"])["fold"].to_list()


def _descriptions(lake: Lake, name: str) -> list[str | None]:
    return descriptions(lake.read(SUMMARY_SENTENCES, name), lake.read(NEURONS, name))


def _described_again(dissection: Dissection, lake: Lake) -> tuple[Set[int], str]:
    from dagster_and.method.evidence.halves import described_again

    by_llm = dissection.describer.kind == "llm"
    return described_again(dissection.evidence.stability, _to_describe(dissection, lake), by_llm=by_llm)


def _to_describe(dissection: Dissection, lake: Lake) -> Set[int]:
    from dagster_and.method.summaries.caption_sets import neurons_to_describe

    section, layout = dissection.summaries, lake.read(NEURONS, dissection.name)
    return neurons_to_describe(layout, section.neurons_per_layer, section.choice, section.seed)
