"""Fig 6: caption clusters, the neurons whose clips share one, and chance; against naive counts."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.interpretability.clusters import (
    Distinct,
    Run,
    caption_clusters,
    caption_sentences,
    cluster_runs,
    cluster_sentences,
    touched_clusters,
)
from dagster_and.method.interpretability.themes import (
    interpretability,
    interpretability_chance,
    interpretability_runs,
    random_evidence,
    shared_clusters,
    uninterpretable,
)

CAPTIONS = pl.DataFrame(
    {"clip_id": [0, 1, 2, 3], "caption": ["A dog barks. It is loud.", "Rain falls. It is loud.", None, "A dog barks."]}
)
PLACES = {"A dog barks.": (0.0, 0.0), "Rain falls.": (9.0, 0.0), "It is loud.": (0.0, 9.0)}


def encode(sentences) -> np.ndarray:
    return np.array([PLACES[sentence] for sentence in sentences])


def top_clips(*evidence: list[int]) -> pl.DataFrame:
    rows = [
        (neuron, direction, rank, clip)
        for neuron, clips in enumerate(evidence)
        for direction, ranked in (("highest", clips), ("lowest", clips[::-1]))
        for rank, clip in enumerate(ranked, start=1)
    ]
    return pl.DataFrame(rows, ["neuron_id", "direction", "rank", "clip_id"], orient="row")


def test_sentences_of_captions():
    assert caption_sentences(CAPTIONS).rows() == [
        (0, 0, "A dog barks."), (0, 1, "It is loud."), (1, 0, "Rain falls."), (1, 1, "It is loud."),
        (3, 0, "A dog barks."),
    ]  # fmt: skip


def test_without_a_caption_nothing_can_be_clustered():
    with pytest.raises(ValueError, match="not one clip has a caption"):
        caption_sentences(pl.DataFrame({"clip_id": [0, 1], "caption": [None, "..."]}))


@pytest.mark.parametrize("clusters", [3, 11])
def test_no_more_distinct_sentences_than_clusters_are_a_cluster_each(clusters: int):
    table = caption_clusters(CAPTIONS, encode, clusters, seed=0)
    assert table["cluster"].to_list() == [0, 1, 2, 1, 0]


def test_two_clusters_are_the_two_clouds_in_order_of_appearance():
    random = np.random.default_rng(0)
    cloud = random.integers(2, size=60)
    points = np.array([[5.0, 0.0], [0.0, 5.0]])[cloud] + random.normal(0, 0.1, (60, 2))
    found = cluster_sentences(Distinct.of(points, np.arange(len(points))), 2, seed=3)
    assert found.tolist() == (cloud != cloud[0]).astype(int).tolist()
    assert found.tolist() == cluster_sentences(Distinct.of(points, np.arange(len(points))), 2, seed=3).tolist()


def test_where_there_are_no_clouds_the_seed_alone_decides():
    points = Distinct.of(np.random.default_rng(0).normal(size=(60, 3)), np.arange(60))
    first, again = ([tuple(cluster_sentences(points, 6, seed).tolist()) for seed in range(3)] for _ in range(2))
    assert first == again
    assert len(set(first)) > 1


def test_a_sentence_weighs_as_often_as_it_occurs():
    """Four of one sentence, one each of two near it and one far off: weights pull the two clusters apart elsewhere."""
    points = np.array([[0.0]] * 200 + [[1.0]] * 200 + [[2.1]])
    assert cluster_sentences(Distinct.of(points, np.arange(len(points))), 2, seed=0).tolist() == [0] * 200 + [1] * 201
    assert cluster_sentences(Distinct.of(np.array([[0.0], [1.0], [2.1]]), np.arange(3)), 2, seed=0).tolist() == [
        0,
        0,
        1,
    ]


sets = st.integers(1, 5).flatmap(
    lambda clips: st.tuples(
        st.lists(st.sets(st.integers(0, 3)), min_size=clips, max_size=clips),
        st.lists(st.permutations(range(clips)), min_size=1, max_size=4),
        st.integers(1, clips),
    )
)


@given(sets)
def test_verdicts_equal_a_naive_count(case):
    """A verdict is open exactly when captions for the clips that lack one could turn it."""
    touches, orders, k = case
    touched = np.zeros((len(touches), 4), np.uint8)
    for clip, clusters in enumerate(touches):
        touched[clip, list(clusters)] = 1
    evidence = np.array([order[:k] for order in orders])
    best, shared, captioned = shared_clusters(touched, evidence)
    for neuron, clips in enumerate(evidence.tolist()):
        counts = [sum(cluster in touches[clip] for clip in clips) for cluster in range(4)]
        missing = sum(not touches[clip] for clip in clips)
        assert (shared[neuron], captioned[neuron]) == (max(counts), k - missing)
        assert best[neuron] == counts.index(max(counts))
        for threshold in range(1, k + 1):
            verdict = uninterpretable(touched, evidence, threshold)[neuron]
            at_worst, at_best = max(counts), max(counts) + missing
            assert verdict == (False if at_worst >= threshold else True if at_best < threshold else None)


def test_the_table_by_hand():
    clusters = caption_clusters(CAPTIONS, encode, 3, seed=0)  # 0 dog: clips 0, 3; 1 loud: 0, 1; 2 rain: 1
    table = interpretability(clusters, top_clips([0, 3], [1, 3], [3, 2], [2, 2]), 4, (1, 2))
    assert table.drop("top_clips").rows() == [
        (0, 1, 2, 0, 2, True), (0, 2, 2, 0, 2, True),
        (1, 1, 2, 0, 1, True), (1, 2, 2, 0, 1, False),
        (2, 1, 1, 0, 1, True), (2, 2, 1, 0, 1, None),
        (3, 1, 0, None, 0, None), (3, 2, 0, None, 0, None),
    ]  # fmt: skip


def test_chance_is_exact_where_all_sets_can_be_counted():
    assert sorted(map(tuple, random_evidence(5, 2, 10, 0).tolist())) == list(combinations(range(5), 2))


def test_chance_by_draws_comes_near_the_hypergeometric():
    """One cluster that 30 of 100 clips touch, everyone else apart: P(at least 2 of 3 touch it)."""
    from scipy.stats import hypergeom

    touched = np.hstack([np.repeat([1, 0], [30, 70])[:, None], np.eye(100)[:, 30:]]).astype(np.uint8)
    drawn = random_evidence(100, 3, 20_000, 0)
    assert len(drawn) == 20_000
    assert all(len(set(row)) == 3 for row in drawn.tolist())
    expected = hypergeom(100, 30, 3).cdf(1)
    assert uninterpretable(touched, drawn, 2).mean() == pytest.approx(expected, abs=0.01)
    assert np.array_equal(drawn, random_evidence(100, 3, 20_000, 0))


def test_sensitivity_by_hand():
    touched = touched_clusters(np.array([0, 1, 3, 3]), np.array([0, 0, 1, 0]), 4)
    runs = [Run(2, 0, touched), Run(3, 7, np.eye(4, dtype=np.uint8)[:, [0, 1, 3]])]
    assert interpretability_runs(runs, top_clips([0, 1], [3, 2], [0, 3])).rows() == [
        (2, 0, 0, 2), (2, 0, 1, 1), (2, 0, 2, 2),
        (3, 7, 0, 1), (3, 7, 1, 1), (3, 7, 2, 1),
    ]  # fmt: skip
    chance = np.array([[0, 1], [0, 2], [1, 3]])
    assert interpretability_chance(runs, (2,), chance, (3, 7)).rows() == [
        (2, 0, 2, False, 2, 0.0), (3, 7, 2, True, 3, 1.0),
    ]  # fmt: skip


def test_runs_differ_by_clusters_and_touch_what_the_table_says():
    runs = list(cluster_runs(CAPTIONS, encode, [(2, 0), (3, 1)]))
    assert [(run.clusters, run.seed, run.touched.shape) for run in runs] == [(2, 0, (4, 2)), (3, 1, (4, 3))]
    assert runs[1].touched.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0], [1, 0, 0]]
