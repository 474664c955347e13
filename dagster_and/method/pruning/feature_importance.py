"""What a network relies on: cut the neurons that have most of a feature, and watch the accuracy (AND, Fig 4)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_and.method.pruning.cuts import distinct
from dagster_and.method.pruning.tables import ABLATION_OUTCOMES

PARTS = {"adjectives": "adjective", "nouns": "noun", "verbs": "verb", "prepositions": "preposition"}
WITHOUT_WORDS = "the dissection has no neuron_words, so neurons can't be ranked by them"
WITHOUT_CLIPS = "there are no held-out clips to measure on"
WITHOUT_SENTENCES = "the dissection has no summary_sentences, so there is no caption length"


@dataclass(frozen=True)
class Feature:
    """A feature of Fig 4. ``score`` ("neuron") is how much of it each has; None where ``missing_reason`` says why."""

    panel: str
    name: str
    score: np.ndarray | None
    missing_reason: str | None = None


@dataclass(frozen=True)
class Ablation:
    """One cut of Fig 4. ``places`` are positions among the eligible neurons, of which the seed chose ``tied``."""

    feature: Feature
    fraction: float
    seed: int
    places: np.ndarray
    tied: int


def features(
    neuron_ids: Sequence[int] | pl.Series,
    words: pl.DataFrame | None,
    sentences: pl.DataFrame | None,
    basic: Sequence[str],
    singles: int | Sequence[str],
) -> list[Feature]:
    """All features, in the order of the panels.

    Adjectives count where they are acoustic (module C's verdict), each lemma once a neuron; so do the others. Caption
    length is in tokens of the calibrated summary.

    Args:
        neuron_ids: the eligible neurons, ascending.
        words: rows of ``neuron_words``.
        sentences: rows of ``summary_sentences``.
        basic: adjectives that count as basic.
        singles: adjectives to rank by one by one, or how many of the commonest.
    """
    ids = np.asarray(neuron_ids)
    adjectives = (
        None if words is None else words.filter((pl.col("part_of_speech") == "adjective") & pl.col("is_acoustic"))
    )

    def by_words(panel: str, name: str, chosen: pl.DataFrame | None) -> Feature:
        if chosen is None:
            return Feature(panel, name, None, WITHOUT_WORDS)
        return Feature(panel, name, _counted(ids, chosen.group_by("neuron_id").agg(pl.len().alias("amount"))))

    def of_part(part: str) -> pl.DataFrame | None:
        return adjectives if words is None or part == "adjective" else words.filter(pl.col("part_of_speech") == part)

    lemma = pl.col("lemma")
    listed = singles if not isinstance(singles, int) else _commonest(adjectives, ids, singles)
    return [
        *(by_words("a", name, of_part(part)) for name, part in PARTS.items()),
        _caption_length(ids, sentences),
        Feature("a", "random", np.zeros(len(ids))),
        by_words("b", "basic_adjectives", None if adjectives is None else adjectives.filter(lemma.is_in(list(basic)))),
        by_words("b", "other_adjectives", None if adjectives is None else adjectives.filter(~lemma.is_in(list(basic)))),
        *(
            by_words("c", f"adjective: {word}", None if adjectives is None else adjectives.filter(lemma == word))
            for word in listed
        ),
    ]


def ranking(score: np.ndarray, seed: int) -> np.ndarray:
    """Places of the neurons, those with most of the feature first; among equals the seed decides, and only there."""
    return np.lexsort((np.random.default_rng(seed).permutation(len(score)), -score))


def tied(score: np.ndarray, cut: np.ndarray) -> int:
    """How many of the ``cut`` places the seed chose: they have equals that stay."""
    if not len(cut):
        return 0
    least = score[cut].min()
    at_least = int((score[cut] == least).sum())
    return at_least if at_least < int((score == least).sum()) else 0


def plan(ranked: Sequence[Feature], fractions: Sequence[float], seeds: int) -> list[Ablation]:
    """Every cut of Fig 4, and for each feature the cut of nothing (fraction 0), where its curve starts."""
    planned: list[Ablation] = []
    for feature in ranked:
        for seed in range(seeds):
            order = np.empty(0, np.intp) if feature.score is None else ranking(feature.score, seed)
            for fraction in (0.0, *fractions):
                places = np.sort(order[: round(fraction * len(order))])
                ties = 0 if feature.score is None else tied(feature.score, places)
                planned.append(Ablation(feature, fraction, seed, places, ties))
    return planned


def correct_after(
    planned: Sequence[Ablation],
    own: Sequence[str],
    class_labels: Sequence[str],
    run: Callable[[Sequence[np.ndarray]], np.ndarray],
) -> list[int | None]:
    """How many clips each ablated network gets right; None where its feature has no score, or there is no clip.

    Args:
        planned: what is cut.
        own: class of every held-out clip.
        class_labels: in the order of the logits.
        run: for places of neurons to cut ("neuron" each), no two the same, the logits of the cut networks, "cut clip
            class".
    """
    made = measurable(planned) if own else []
    correct: list[int | None] = [None] * len(planned)
    if made:
        chosen, place_of = distinct([planned[i].places for i in made])
        right = run(chosen).argmax(axis=2) == np.array([*map(class_labels.index, own)])
        counts = right.sum(axis=1).tolist()
        for i, place in zip(made, place_of, strict=True):
            correct[i] = counts[place]
    return correct


def measurable(planned: Sequence[Ablation]) -> list[int]:
    """Which of the cuts can be made: those of features that have a score."""
    return [i for i, ablation in enumerate(planned) if ablation.feature.score is not None]


def ablation_rows(planned: Sequence[Ablation], correct: Sequence[int | None], labels: Sequence[str]) -> pl.DataFrame:
    """The table ``ablation_outcomes``.

    Args:
        planned: the cuts.
        correct: for each cut how many held-out clips are predicted right; None where it was not made.
        labels: classes of the held-out clips.
    """
    clips = len(labels)
    chance = max(Counter(labels).values()) / clips if clips else None
    rows = [
        {
            "panel": a.feature.panel, "feature": a.feature.name, "fraction": a.fraction, "seed": a.seed,
            "neurons": len(a.places), "tied_neurons": a.tied, "clips": clips, "correct": right,
            "accuracy": None if right is None else right / clips, "chance_accuracy": chance,
            "missing_reason": (a.feature.missing_reason or WITHOUT_CLIPS) if right is None else None,
        }
        for a, right in zip(planned, correct, strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=ABLATION_OUTCOMES.frame_schema)


def _counted(ids: np.ndarray, amounts: pl.DataFrame) -> np.ndarray:
    wanted = pl.DataFrame({"neuron_id": ids.astype(np.int32)})
    joined = wanted.join(amounts.cast({"neuron_id": pl.Int32}), on="neuron_id", how="left", maintain_order="left")
    return joined["amount"].fill_null(0).cast(pl.Float64).to_numpy()


def _caption_length(ids: np.ndarray, sentences: pl.DataFrame | None) -> Feature:
    if sentences is None:
        return Feature("a", "caption_length", None, WITHOUT_SENTENCES)
    tokens = pl.col("sentence").str.count_matches(r"\S+").sum().alias("amount")
    return Feature("a", "caption_length", _counted(ids, sentences.filter("is_kept").group_by("neuron_id").agg(tokens)))


def _commonest(adjectives: pl.DataFrame | None, ids: np.ndarray, count: int) -> list[str]:
    if adjectives is None:
        return []
    eligible = adjectives.filter(pl.col("neuron_id").is_in(ids.tolist()))
    ranked = eligible.group_by("lemma").len().sort(["len", "lemma"], descending=[True, False])
    return ranked["lemma"].head(count).to_list()
