"""Captions split into sentences, and these clustered by K-means on their embeddings (AND, section 4.4)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_and.method.arrays.batches import on_all_cores
from dagster_and.method.text.paragraphs import Encode
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


@dataclass(frozen=True)
class Distinct:
    """Embeddings that differ ("distinct dim"), which of them each occurrence has, and how often each occurs."""

    embeddings: np.ndarray
    places: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, embeddings: np.ndarray, places: np.ndarray) -> "Distinct":
        """Of distinct sentences ("sentence dim"), and which of them each occurrence is."""
        distinct, merged = np.unique(embeddings.astype(np.float64).round(6), axis=0, return_inverse=True)
        places = merged.reshape(-1)[places]
        return cls(distinct, places, np.bincount(places, minlength=len(distinct)))


def cluster_sentences(sentences: Distinct, clusters: int, seed: int) -> np.ndarray:
    """K-means on every occurrence of a sentence.

    Args:
        sentences: by their embeddings.
        clusters: how many. Where fewer distinct embeddings are, each of them is a cluster of its own.
        seed: of the random starts.

    Returns:
        Cluster of each occurrence, numbered in the order in which they first occur.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if len(sentences.embeddings) <= clusters:
        found = sentences.places
    else:
        kmeans = KMeans(clusters, random_state=seed).set_params(n_init=STARTS)  # its signature types n_init as text
        with threadpool_limits(1):  # on a few hundred sentences threads wait for each other ten times as long
            found = kmeans.fit_predict(sentences.embeddings, sample_weight=sentences.counts)[sentences.places]
    _, first, renumbered = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[renumbered]


def caption_clusters(captions: pl.DataFrame, encode: Encode, clusters: int, seed: int) -> pl.DataFrame:
    """The table ``caption_clusters``; ``encode`` gives embeddings, "sentence dim"."""
    sentences = caption_sentences(captions)
    found = cluster_sentences(_distinct(sentences, encode), clusters, seed)
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
    captions: pl.DataFrame,
    encode: Encode,
    settings: Sequence[tuple[int, int]],
    each: Callable[[Callable, Sequence], Iterator] = on_all_cores,
) -> Iterator[Run]:
    """Cluster the captions anew with each (clusters, seed).

    Args:
        captions: the table ``clip_captions``.
        encode: texts to unit embeddings, "text dim".
        settings: numbers of clusters, and seeds.
        each: does work on every one of some units and gives the results in order.
    """
    import sklearn.cluster  # noqa: F401  # before threads are limited, since its libraries bring some of their own

    sentences = caption_sentences(captions)
    distinct, clip_ids = _distinct(sentences, encode), sentences["clip_id"].to_numpy()

    def run(setting: tuple[int, int]) -> Run:
        return Run(*setting, touched_clusters(clip_ids, cluster_sentences(distinct, *setting), captions.height))

    return each(run, settings)


def _distinct(sentences: pl.DataFrame, encode: Encode) -> Distinct:
    """Each sentence is embedded once: there are fewer than clips where captions are alike."""
    distinct = sentences.select("sentence").unique(maintain_order=True).with_row_index("place")
    places = sentences.join(distinct, on="sentence", how="left", maintain_order="left")["place"]
    return Distinct.of(encode(distinct["sentence"].to_list()), places.to_numpy())
