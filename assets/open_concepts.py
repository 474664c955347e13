"""Room open_concepts: the words of each neuron's calibrated summary (AND, module C)."""

from functools import partial

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and.catalogue import LLM
from dagster_and.describers import verdict_source
from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import ADJECTIVES, NEURON_WORDS, SUMMARY_SENTENCES
from dagster_and.llm.collecting import spent_frame
from dagster_and.resources import House


@table_asset(
    ADJECTIVES, deps=[SUMMARY_SENTENCES], code_version="1", pool=LLM, note="Each distinct adjective is judged once.",
)  # fmt: skip
def adjectives(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Have the describer judge which adjectives can be said of a sound."""
    dissection = house.dissection(context.partition_key)
    describer = house.describer(dissection)

    def make():
        from dagster_and.method.open_concepts.words import distinct_adjectives, judge_adjectives

        def ask(words):
            return [(reply.value, reply.answer_id, reply.missing_reason) for reply in describer.judge(words)]

        kept = house.lake.read(SUMMARY_SENTENCES, dissection.name).filter("is_kept")["sentence"]
        return judge_adjectives(distinct_adjectives(kept), ask, describer.name, partial(verdict_source, describer))

    return house.materialise(
        context, ADJECTIVES, make, describer.name, describer.fingerprint,
        describe=lambda table: {
            "acoustic": ", ".join(table.filter("is_acoustic")["adjective"]),
            "missing": int(table["is_acoustic"].null_count()),
            "calls to a model": MetadataValue.md(markdown(spent_frame(describer, "judge"))),
        },
    )  # fmt: skip


@table_asset(NEURON_WORDS, deps=[SUMMARY_SENTENCES, ADJECTIVES], code_version="2")
def neuron_words(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """List the adjectives, nouns, verbs and prepositions of every calibrated summary."""

    def make():
        from dagster_and.method.open_concepts.words import neuron_words

        sentences, judged = (house.lake.read(t, context.partition_key) for t in (SUMMARY_SENTENCES, ADJECTIVES))
        return neuron_words(sentences, dict(judged.select("adjective", "is_acoustic").iter_rows()))

    return house.materialise(context, NEURON_WORDS, make)
