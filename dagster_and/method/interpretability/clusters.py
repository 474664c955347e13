"""Captions split into sentences, and these clustered by K-means on their embeddings (AND, section 4.4)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_and.method.text.sentences import split_sentences

STARTS = 10
"""K-means runs from so many random starts and keeps the tightest."""


def caption_sentences(captions: pl.DataFrame) -> pl.DataFrame:
    """Sentences of the table ``clip_captions``: clip_id, sentence_index (from 0), sentence.

    Raises:
        ValueError: not one clip has a caption with a word in it.
    """
    rows = [
        (clip_id, index, sentence)
        for clip_id, caption in captions.select("clip_id", "caption").iter_rows()
        for index, sentence in enumerate(split_sentences(caption or ""))
    ]
    if not rows:
        raise ValueError("not one clip has a caption, so there is nothing to cluster")
    schema = {"clip_id": pl.Int32, "sentence_index": pl.Int32, "sentence": pl.String}
    return pl.DataFrame(rows, schema, orient="row")


def cluster_sentences(embeddings: np.ndarray, places: np.ndarray, clusters: int, seed: int) -> np.ndarray:
    """K-means on every occurrence of a sentence.

    Args:
        embeddings: "sentence dim", of distinct sentences.
        places: of every occurrence, which of these it is.
        clusters: how many. Where fewer distinct embeddings are, each of them is a cluster of its own.
        seed: of the random starts.

    Returns:
        Cluster of each occurrence, numbered in the order in which they first occur.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    distinct, merged = np.unique(embeddings.astype(np.float64).round(6), axis=0, return_inverse=True)
    places = merged[places]
    counts = np.bincount(places, minlength=len(distinct))
    if len(distinct) <= clusters:
        found = places
    else:
        kmeans = KMeans(clusters, random_state=seed).set_params(n_init=STARTS)  # its signature types n_init as text
        with threadpool_limits(1):  # on a few hundred sentences threads wait for each other ten times as long
            found = kmeans.fit_predict(distinct, sample_weight=counts)[places]
    _, first, renumbered = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[renumbered]


def caption_clusters(
    captions: pl.DataFrame, encode: Callable[[Sequence[str]], np.ndarray], clusters: int, seed: int
) -> pl.DataFrame:
    """The table ``caption_clusters``; ``encode`` gives embeddings, "sentence dim"."""
    sentences = caption_sentences(captions)
    distinct, places = _distinct(sentences)
    found = cluster_sentences(encode(distinct), places, clusters, seed)
    return sentences.with_columns(cluster=pl.Series(found, dtype=pl.Int32))


def touched_clusters(clip_ids: np.ndarray, clusters: np.ndarray, clips: int) -> np.ndarray:
    """Whether a clip has a sentence in a cluster: uint8 "clip cluster", from columns of ``caption_clusters``."""
    touched = np.zeros((clips, int(clusters.max()) + 1), np.uint8)
    touched[clip_ids, clusters] = 1
    return touched


@dataclass(frozen=True)
class Run:
    """One run of K-means: the clusters asked for, its seed, and which clip touches which cluster ("clip cluster")."""

    clusters: int
    seed: int
    touched: np.ndarray


def cluster_runs(
    captions: pl.DataFrame, encode: Callable[[Sequence[str]], np.ndarray], settings: Sequence[tuple[int, int]]
) -> Iterator[Run]:
    """Cluster the captions anew with each (clusters, seed)."""
    sentences = caption_sentences(captions)
    distinct, places = _distinct(sentences)
    embeddings, clip_ids = encode(distinct), sentences["clip_id"].to_numpy()
    for clusters, seed in settings:
        found = cluster_sentences(embeddings, places, clusters, seed)
        yield Run(clusters, seed, touched_clusters(clip_ids, found, captions.height))


def _distinct(sentences: pl.DataFrame) -> tuple[list[str], np.ndarray]:
    """Distinct sentences, fewer than the clips where captions are alike, and which of them each row is."""
    distinct = sentences.select("sentence").unique(maintain_order=True).with_row_index("place")
    places = sentences.join(distinct, on="sentence", how="left", maintain_order="left")["place"]
    return distinct["sentence"].to_list(), places.to_numpy()
