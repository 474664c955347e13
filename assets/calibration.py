"""Room calibration: which sentences of a summary say something about the neuron (AND, module B)."""

from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_asset
from dagster_and.lake.tables import SUMMARIES, SUMMARY_SENTENCES
from dagster_and.resources import House


@table_asset(
    SUMMARY_SENTENCES, deps=[SUMMARIES], code_version="2", kinds=["torch"],
    note="Dropped sentences stay, with the verdict and the nearest sentence of the other direction.",
)  # fmt: skip
def summary_sentences(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Compare every sentence about the highest clips with every one about the lowest."""
    threshold = house.dissection(context.partition_key).calibration.threshold

    def make():
        import polars as pl

        from dagster_and.method.calibration.sentence_verdicts import calibrate

        said = house.lake.read(SUMMARIES, context.partition_key)
        frames = calibrate(said, house.encoding_by("minilm"), threshold)
        return pl.concat([pl.DataFrame(SUMMARY_SENTENCES.schema.empty_table()), *frames])

    return house.materialise(
        context, SUMMARY_SENTENCES, make, threshold,
        describe=lambda table: {
            f"{direction}: {verdict}": rows.height
            for (direction, verdict), rows in table.group_by("direction", "verdict")
        },
    )  # fmt: skip
