"""Room interpretability: which neurons' top clips are about one thing (AND, Fig 6)."""

from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue

from assets.specs import table_asset, table_spec, tables_asset
from dagster_and.dissection import Dissection
from dagster_and.exports.markdown import markdown
from dagster_and.lake.tables import (
    CAPTION_CLUSTERS,
    CLIP_CAPTIONS,
    INTERPRETABILITY,
    INTERPRETABILITY_CHANCE,
    INTERPRETABILITY_RUNS,
    TOP_CLIPS,
)
from dagster_and.resources import House

if TYPE_CHECKING:
    from dagster_and.method.interpretability.clusters import Run


@table_asset(
    CAPTION_CLUSTERS, deps=[CLIP_CAPTIONS], code_version="1", kinds=["scikitlearn"],
    note="Fewer distinct sentences than clusters: each is a cluster of its own.",
)  # fmt: skip
def caption_clusters(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Split captions into sentences and cluster them."""
    section = house.dissection(context.partition_key).interpretability

    def make():
        from dagster_and.method.interpretability.clusters import caption_clusters

        captions = house.lake.read(CLIP_CAPTIONS, context.partition_key)
        encode = house.encoding_by(section.sentence_encoder)
        return caption_clusters(captions, encode, section.clusters, section.seed)

    return house.materialise(
        context, CAPTION_CLUSTERS, make, section.clusters, section.seed, section.sentence_encoder,
        describe=lambda table: {"clusters": MetadataValue.md(markdown(
            table.group_by("cluster").agg(sentences=table["sentence"].len(), clips=table["clip_id"].n_unique())))},
    )  # fmt: skip


@table_asset(INTERPRETABILITY, deps=[CAPTION_CLUSTERS, CLIP_CAPTIONS, TOP_CLIPS], code_version="1", kinds=["numpy"])
def interpretability(context: AssetExecutionContext, house: House) -> MaterializeResult:
    """Count how many of a neuron's top clips share a cluster."""
    dissection = house.dissection(context.partition_key)
    thresholds = dissection.interpretability.thresholds_of(dissection.top_clips.k)

    def make():
        from dagster_and.method.interpretability.themes import interpretability

        clusters, clips, evidence = (
            house.lake.read(t, dissection.name) for t in (CAPTION_CLUSTERS, CLIP_CAPTIONS, TOP_CLIPS)
        )
        return interpretability(clusters, evidence, clips.height, thresholds)

    return house.materialise(context, INTERPRETABILITY, make, thresholds)


@tables_asset(
    "interpretability_sensitivity",
    [
        table_spec(
            INTERPRETABILITY_RUNS, deps=[CLIP_CAPTIONS, TOP_CLIPS], code_version="1", kinds=["scikitlearn"],
            note="One run of K-means proves nothing: other numbers of clusters and seeds.",
        ),
        table_spec(INTERPRETABILITY_CHANCE, deps=[CLIP_CAPTIONS], code_version="1", kinds=["scikitlearn"]),
    ],
)  # fmt: skip
def interpretability_sensitivity(context: AssetExecutionContext, house: House) -> Iterator[MaterializeResult]:
    """Cluster the captions anew with every run of K-means: what neurons' clips share, and what random clips would."""
    from dagster_and.method.interpretability import themes

    dissection = house.dissection(context.partition_key)
    section, k = dissection.interpretability, dissection.top_clips.k
    runs = cache(lambda: _cluster_runs(house, dissection))

    def by_neuron():
        return themes.interpretability_runs(runs(), house.lake.read(TOP_CLIPS, dissection.name))

    def by_chance():
        clips, main = house.lake.read(CLIP_CAPTIONS, dissection.name).height, (section.clusters, section.seed)
        chance = themes.random_evidence(clips, k, section.chance_draws, section.seed)
        return themes.interpretability_chance(runs(), section.thresholds_of(k), chance, main)

    yield house.materialise(context, INTERPRETABILITY_RUNS, by_neuron, section)
    yield house.materialise(context, INTERPRETABILITY_CHANCE, by_chance, section, k)


def _cluster_runs(house: House, dissection: Dissection) -> "list[Run]":
    from dagster_and.method.interpretability.clusters import cluster_runs

    section = dissection.interpretability
    captions = house.lake.read(CLIP_CAPTIONS, dissection.name)
    each = partial(house.engine(dissection).each, label="interpretability", of="clusters and seed")
    return list(cluster_runs(captions, house.encoding_by(section.sentence_encoder), section.runs, each))
