"""Interpretable neurons: those whose top clips are about one thing (AND, section 4.4 and Fig 6).

A clip touches the clusters that the sentences of its caption lie in. A neuron is interpretable at t if some cluster is
touched by at least t of its K top clips.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import comb

import numpy as np
import polars as pl

from dagster_and.method.interpretability.clusters import Run, touched_clusters
from dagster_and.method.interpretability.tables import INTERPRETABILITY, INTERPRETABILITY_CHANCE, INTERPRETABILITY_RUNS


def shared_clusters(touched: np.ndarray, evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each set of clips, the cluster that most of them touch.

    Args:
        touched: "clip cluster".
        evidence: clip ids, "neuron rank".

    Returns:
        the best cluster (the first of equals), how many clips touch it, how many have a caption; each "neuron".
    """
    counts = np.zeros((len(evidence), touched.shape[1]), np.int16)
    for clips in evidence.T:
        counts += touched[clips]
    captioned = np.any(touched, axis=1)[evidence].sum(axis=1)
    return counts.argmax(axis=1), counts.max(axis=1), captioned


def evidence_of(top_clips: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Neuron ids and their highest clips ("neuron rank") from the table ``top_clips``."""
    ranked = (
        top_clips.filter(pl.col("direction") == "highest")
        .sort("neuron_id", "rank")
        .group_by("neuron_id", maintain_order=True)
        .agg("clip_id")
    )
    return ranked["neuron_id"].to_numpy(), np.stack(ranked["clip_id"].to_list())


def uninterpretable(touched: np.ndarray, evidence: np.ndarray, threshold: int) -> pl.Series:
    """Whether no cluster is touched by ``threshold`` clips; null where a missing caption leaves it open; "neuron"."""
    _, shared, captioned = shared_clusters(touched, evidence)
    is_open = (shared < threshold) & (shared + evidence.shape[1] - captioned >= threshold)
    return pl.Series("uninterpretable", shared < threshold).set(pl.Series(is_open), None)


def interpretability(
    clusters: pl.DataFrame, top_clips: pl.DataFrame, clips: int, thresholds: Sequence[int]
) -> pl.DataFrame:
    """The table ``interpretability``, from ``caption_clusters`` and ``top_clips``."""
    touched = touched_clusters(clusters["clip_id"].to_numpy(), clusters["cluster"].to_numpy(), clips)
    ids, evidence = evidence_of(top_clips)
    best, shared, captioned = shared_clusters(touched, evidence)
    neurons = pl.DataFrame(
        {"neuron_id": ids, "best_cluster": best, "clips_in_best_cluster": shared, "captioned_clips": captioned}
    ).with_columns(
        top_clips=pl.lit(evidence.shape[1]), best_cluster=pl.when(pl.col("captioned_clips") > 0).then("best_cluster")
    )
    judged = pl.concat(
        neurons.with_columns(threshold=pl.lit(t), is_interpretable=~uninterpretable(touched, evidence, t))
        for t in thresholds
    )
    schema = INTERPRETABILITY.frame_schema
    return judged.select(schema.names()).cast(schema).sort(INTERPRETABILITY.key)


def random_evidence(clips: int, k: int, draws: int, seed: int) -> np.ndarray:
    """Sets of k different clips, "draw rank": all of them if there are no more than ``draws``, else random ones."""
    if comb(clips, k) <= draws:
        return np.array(list(combinations(range(clips), k)))
    random = np.random.default_rng(seed)
    return np.stack([random.choice(clips, k, replace=False, shuffle=False) for _ in range(draws)])


def interpretability_runs(runs: Iterable[Run], top_clips: pl.DataFrame) -> pl.DataFrame:
    """The table ``interpretability_runs``: the top clips of every neuron that share a cluster, run by run."""
    ids, evidence = evidence_of(top_clips)
    schema = INTERPRETABILITY_RUNS.frame_schema
    table = pl.concat(
        pl.DataFrame({"neuron_id": ids, "clips_in_best_cluster": shared_clusters(run.touched, evidence)[1]}).select(
            pl.lit(run.clusters).alias("clusters"), pl.lit(run.seed).alias("seed"), pl.all()
        )
        for run in runs
    )
    return table.cast(schema).sort(INTERPRETABILITY_RUNS.key)


def interpretability_chance(
    runs: Iterable[Run], thresholds: Sequence[int], chance: np.ndarray, main: tuple[int, int]
) -> pl.DataFrame:
    """The table ``interpretability_chance``: what random sets of clips would give, run by run.

    Args:
        runs: of K-means.
        thresholds: clips that have to share a cluster.
        chance: random sets of clips, "draw rank".
        main: clusters and seed of the run that the table ``interpretability`` rests on.
    """
    rows = [
        {
            "clusters": run.clusters,
            "seed": run.seed,
            "threshold": threshold,
            "is_main": (run.clusters, run.seed) == main,
            "clusters_found": run.touched.shape[1],
            "chance_share": uninterpretable(run.touched, chance, threshold).mean(),
        }
        for run in runs
        for threshold in thresholds
    ]
    return pl.DataFrame(rows, INTERPRETABILITY_CHANCE.frame_schema).sort(INTERPRETABILITY_CHANCE.key)
