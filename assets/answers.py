"""Room answers: every answer of an LLM that this dissection rests on."""

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset
from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import ANSWERS, MOMENT_CAPTIONS
from dagster_and.llm.collecting import NAMING, by_task, collect, key_column
from dagster_and.resources import House


@table_asset(ANSWERS, deps=NAMING, code_version="1", note="Empty where no LLM was asked. Prompts hold no key.")
def answers(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Collect the answers that the dissection's tables name, with every other attempt at the same requests."""
    dissection = house.dissection(context.partition_key)
    unread = [MOMENT_CAPTIONS] if dissection.captions.moment_s is None else []
    present = [table for table in NAMING if table not in unread and house.lake.has(table, dissection.name)]
    naming = [house.lake.read(table, dissection.name, [key_column(table)]) for table in present]
    return house.materialise(
        context, ANSWERS, lambda: collect(house.home, naming),
        describe=lambda table: {"by task": MetadataValue.md(markdown(by_task(table)))},
        unread=unread,
    )  # fmt: skip
