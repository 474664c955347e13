"""Room open_concepts, second part: how many adjectives a neuron has, block by block (AND, Fig 5)."""

from collections.abc import Iterator
from functools import cache

import polars as pl
from dagster import AssetExecutionContext, MaterializeResult, MetadataValue, multi_asset

from assets.specs import table_spec
from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import ADJECTIVES_BY_BLOCK, ADJECTIVES_TRENDS, NEURON_WORDS, NEURONS, SUMMARIES
from dagster_and.resources import House

VERSION = "1"


@multi_asset(
    name="adjectives_over_blocks",
    specs=[
        table_spec(table, deps=[NEURONS, SUMMARIES, NEURON_WORDS], code_version=VERSION, kinds=["scipy"])
        for table in (ADJECTIVES_BY_BLOCK, ADJECTIVES_TRENDS)
    ],
)
def adjectives_over_blocks(context: AssetExecutionContext, house: House) -> Iterator[MaterializeResult]:
    """Count each neuron's adjectives; mean of every block, and a straight line over them."""

    @cache
    def counts() -> pl.DataFrame:
        from dagster_and.method.open_concepts.trends import count_adjectives

        return count_adjectives(
            *(house.lake.read(t, context.partition_key) for t in (NEURONS, NEURON_WORDS, SUMMARIES))
        )

    from dagster_and.method.open_concepts import trends

    yield house.materialise(context, ADJECTIVES_BY_BLOCK, lambda: trends.adjectives_by_block(counts()))
    yield house.materialise(
        context, ADJECTIVES_TRENDS, lambda: trends.adjectives_trends(counts()),
        describe=lambda table: {"lines": MetadataValue.md(markdown(table))},
    )  # fmt: skip
