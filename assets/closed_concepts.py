"""Room 6, closed_concepts: which concept of the set each neuron follows (AND, module A)."""

from dagster import AssetExecutionContext, MaterializeResult

from assets.specs import table_asset
from dagster_and import figures
from dagster_and.concept_sets import concept_table, concept_words
from dagster_and.method.tables import (
    ACTIVATIONS,
    CLIP_CAPTIONS,
    CONCEPT_PREDICTIONS,
    CONCEPTS,
    NEURONS,
    PROBING_CLIPS,
)
from dagster_and.resources import House, picture


@table_asset(CONCEPTS, deps=[PROBING_CLIPS], code_version="1")
def concepts(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """List the concept set and the classes that it names."""
    dissection = house.dissection(context.partition_key)
    labels = house.lake.read(PROBING_CLIPS, dissection.name)["label"].to_list()
    words = concept_words(dissection, labels)
    return house.materialise(
        context, CONCEPTS, lambda: concept_table(dissection, labels), words,
        describe=lambda table: {"concepts": ", ".join(table["concept"])},
    )  # fmt: skip


@table_asset(
    CONCEPT_PREDICTIONS, deps=[ACTIVATIONS, NEURONS, CLIP_CAPTIONS, CONCEPTS], code_version="1", kinds=["torch"],
    note="DB: softmax over concepts of 100 x cosine between caption and concept, compared with the activation "
    "over all captioned clips by five similarity functions.",
)  # fmt: skip
def concept_predictions(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Find the best five concepts of every neuron by every similarity function."""
    dissection = house.dissection(context.partition_key)
    encoder = dissection.closed_concepts.text_encoder

    captions, known, layout = (house.lake.read(t, dissection.name) for t in (CLIP_CAPTIONS, CONCEPTS, NEURONS))

    def make():
        from dagster_and.encoders import open_text_encoder
        from dagster_and.method.closed_concepts import predict_by_description

        encode = open_text_encoder(encoder).encode
        rows = house.lake.batches(ACTIVATIONS, dissection.name)
        return predict_by_description(rows, layout, captions["caption"], known["concept"], encode)

    return house.materialise(
        context, CONCEPT_PREDICTIONS, make, encoder,
        describe=lambda table: {"head neurons": picture(figures.head_predictions(table, layout, known))},
    )  # fmt: skip
