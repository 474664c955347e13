"""What a cut network has forgotten and kept, with uncertainty (AND, Table 4 and Fig 10).

For a concept c, x a clip's own-class logit (or probability, or 1 where the prediction is right), m_k the mean of x over
the held-out clips of class k:

    Delta A = m_c after - m_c before        Delta R = mean over the other classes k of (m_k after - m_k before)
    gap = |Delta A| - |Delta R|

Intervals: the held-out clips are resampled class by class, n - 1 of n with replacement, which makes the variance of a
class mean unbiased with few clips (Rao and Wu 1988); with the draws of a seeded strategy likewise. Every strategy sees
the same resamples, so differences between strategies are paired. A class of one clip can't be resampled: no interval.

The test against random: a strategy is compared with random cuts of its own size, concept by concept. Sign flips of
gap - gap of random (mean over its draws) over concepts, two-sided, exact up to 14 concepts, then 9,999 seeded flips.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl

from dagster_and.method.pruning.tables import PRUNING_EFFECTS

SCALES = ("logit", "probability", "accuracy")
MEASURES = (
    "ablated_before", "ablated_after", "retained_before", "retained_after", "delta_ablated", "delta_retained", "gap",
)  # fmt: skip
OVER_RANDOM = "gap_over_random"
OWN = ("ablated_before", "ablated_after", "delta_ablated", "gap", OVER_RANDOM)
EXACT_CONCEPTS = 14
FLIPS = 9999


@dataclass(frozen=True)
class Uncertainty:
    """How intervals are made."""

    samples: int = 1000
    confidence: float = 0.95
    seed: int = 0


@dataclass(frozen=True)
class _Measured:
    """One strategy and size: the concepts that can be measured, by scale and measure "sample concept" (sample 0 is the
    estimate), why the other concepts can't be, and by concept how many neurons are cut.
    """

    concept_ids: list[int]
    values: dict[tuple[str, str], np.ndarray]
    obstacles: dict[int, str]
    sizes: dict[int, float]


def effects(
    prunings: pl.DataFrame, outcomes: pl.DataFrame, clips: pl.DataFrame, concepts: pl.DataFrame, how: Uncertainty
) -> pl.DataFrame:
    """The table ``pruning_effects``.

    Args:
        prunings: the table of cuts, controls included.
        outcomes: the table ``pruning_outcomes``.
        clips: clip_id and label of the held-out clips.
        concepts: concept_id and label.
        how: resamples, coverage, seed.
    """
    labels = clips.sort("clip_id")["label"].to_numpy()
    weights = resample(labels, how.samples, how.seed)
    label_of = dict(concepts.select("concept_id", "label").iter_rows())
    measured: dict[tuple[str, str], _Measured] = {}
    for (strategy, size_of), cuts in prunings.group_by("strategy", "size_of", maintain_order=True):
        made = outcomes.filter((pl.col("strategy") == strategy) & (pl.col("size_of") == size_of))
        measured[str(strategy), str(size_of)] = _measure(cuts, made, label_of, labels, weights, how.seed)
    rows: list[dict] = []
    for (strategy, size_of), found in measured.items():
        drawn = measured.get(("random", size_of)) if strategy != "random" else None
        for scale, measure, values in _each(found, drawn):
            shared = {"strategy": strategy, "size_of": size_of, "scale": scale, "measure": measure}
            rows += _concept_rows(shared, found, values, label_of, labels, how)
            rows.append(_overall_row(shared, found, values, label_of, labels, how))
    frame = pl.DataFrame(rows, schema=PRUNING_EFFECTS.frame_schema)
    return frame.sort(PRUNING_EFFECTS.key, nulls_last=True)


def resample(labels: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Weights of clips ("sample clip"): within each class they sum to 1. Row 0 weighs all clips of a class the same."""
    random = np.random.default_rng(seed)
    weights = np.zeros((samples + 1, len(labels)))
    for label in sorted(set(labels)):
        places = np.flatnonzero(labels == label)
        weights[:, places] = _draws(len(places), samples, random)
    return weights


def sign_flip_p(differences: Sequence[float] | np.ndarray, seed: int = 0) -> float | None:
    """Two-sided p of the mean difference under random signs; None for fewer than two differences."""
    values = np.asarray(differences, dtype=np.float64)
    if len(values) < 2:
        return None
    if len(values) <= EXACT_CONCEPTS:
        signs = np.array(list(product((1.0, -1.0), repeat=len(values))))
        extra = 0
    else:
        signs = np.random.default_rng(seed).choice((1.0, -1.0), size=(FLIPS, len(values)))
        extra = 1
    as_large = np.abs(signs @ values) >= abs(values.sum()) - 1e-12 * np.abs(values).sum()
    return float((as_large.sum() + extra) / (len(signs) + extra))


def _draws(count: int, samples: int, random: np.random.Generator) -> np.ndarray:
    """Weights "sample item" that sum to 1: equal in row 0, then n - 1 draws of n with replacement."""
    equal = np.full((1, count), 1 / count)
    if count == 1:
        return np.repeat(equal, samples + 1, axis=0)
    drawn = random.multinomial(count - 1, np.full(count, 1 / count), size=samples) / (count - 1)
    return np.concatenate([equal, drawn])


def _obstacles(cuts: pl.DataFrame, made: set[int], label_of: dict[int, str], labels: np.ndarray) -> dict[int, str]:
    """By concept why a strategy can't be measured on it; concepts that can be are left out."""
    found: dict[int, str] = {}
    for (concept_id,), of_concept in cuts.group_by("concept_id", maintain_order=True):
        if not len(labels):
            found[concept_id] = "there are no held-out clips to measure on"
        elif concept_id not in made:
            found[concept_id] = next(iter(of_concept["note"].drop_nulls()), "nothing is cut")
        elif not (labels == label_of.get(concept_id)).any():
            found[concept_id] = "no held-out clip is of this class"
    return found


def _measure(
    cuts: pl.DataFrame,
    outcomes: pl.DataFrame,
    label_of: dict[int, str],
    labels: np.ndarray,
    weights: np.ndarray,
    seed: int,
) -> _Measured:
    """Every measure of one strategy and size, its seeds averaged with drawn weights."""
    obstacles = _obstacles(cuts, set(outcomes["concept_id"]), label_of, labels)
    sizes = dict(cuts.group_by("concept_id").agg(pl.mean("neurons")).iter_rows())
    heard = outcomes.filter(~pl.col("concept_id").is_in(list(obstacles))).sort("concept_id", "seed", "clip_id")
    ids = heard["concept_id"].unique(maintain_order=True).to_list()
    if not ids:
        return _Measured([], {}, obstacles, sizes)
    seeds = heard["seed"].n_unique()
    seed_weights = _draws(seeds, len(weights) - 1, np.random.default_rng([seed, 1]))
    values: dict[tuple[str, str], np.ndarray] = {}
    for scale in SCALES:
        before, after = (
            _column(heard, scale, when, labels).reshape(len(ids), seeds, -1) for when in ("before", "after")
        )
        for name, sampled in _by_concept(before, after, [label_of[i] for i in ids], labels, weights).items():
            values[scale, name] = np.einsum("scd,sd->sc", sampled, seed_weights)
    return _Measured(ids, values, obstacles, sizes)


def _column(cuts: pl.DataFrame, scale: str, when: str, labels: np.ndarray) -> np.ndarray:
    if scale != "accuracy":
        return cuts[f"own_{scale}_{when}"].to_numpy()
    predicted = cuts[f"predicted_{when}"].to_numpy().reshape(-1, len(labels))
    return (predicted == labels).astype(np.float64)


def _by_concept(
    before: np.ndarray, after: np.ndarray, own: list[str], labels: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Each measure ("sample concept seed") from values "concept seed clip"."""
    classes = len(set(labels))
    found = {name: np.empty((len(weights), *before.shape[:2])) for name in MEASURES}
    for row, label in enumerate(own):
        places = np.flatnonzero(labels == label)
        for when, x in (("before", before[row].T), ("after", after[row].T)):
            ablated = weights[:, places] @ x[places]
            found[f"ablated_{when}"][:, row] = ablated
            others = (weights @ x - ablated) / (classes - 1) if classes > 1 else np.full_like(ablated, np.nan)
            found[f"retained_{when}"][:, row] = others
    found["delta_ablated"] = found["ablated_after"] - found["ablated_before"]
    found["delta_retained"] = found["retained_after"] - found["retained_before"]
    found["gap"] = np.abs(found["delta_ablated"]) - np.abs(found["delta_retained"])
    return found


def _each(found: _Measured, drawn: _Measured | None) -> Iterator[tuple[str, str, np.ndarray]]:
    """Scale, measure, and its values ("sample concept"). ``drawn``: random cuts of the same size, so of all concepts
    that are measured here; None where there are none, or these are they.
    """
    nothing = np.empty((0, 0))
    for scale, measure in product(SCALES, MEASURES):
        yield scale, measure, found.values.get((scale, measure), nothing)
    if drawn is None:
        return
    theirs = [drawn.concept_ids.index(i) for i in found.concept_ids]
    for scale in SCALES:
        gap = found.values.get((scale, "gap"))
        yield scale, OVER_RANDOM, nothing if gap is None else gap - drawn.values[scale, "gap"][:, theirs]


def _concept_rows(
    shared: dict,
    found: _Measured,
    values: np.ndarray,
    label_of: dict,
    labels: np.ndarray,
    how: Uncertainty,
) -> Iterator[dict]:
    """One measure, concept by concept."""
    for concept_id in sorted([*found.concept_ids, *found.obstacles]):
        own = int((labels == label_of.get(concept_id)).sum())
        known = shared | {
            "concept_id": concept_id,
            "clips": own,
            "concepts": int(concept_id in found.concept_ids),
            "p_value": None,
        }
        if concept_id in found.obstacles:
            yield known | {"neurons": None} | _missing(found.obstacles[concept_id])
        else:
            is_fixed = own == 1 and shared["measure"] in OWN
            note = "one held-out clip of the class: it can't be resampled" if is_fixed else None
            column = values[:, found.concept_ids.index(concept_id)]
            yield known | {"neurons": found.sizes[concept_id]} | _estimated(column, None if is_fixed else how, note)


def _overall_row(
    shared: dict,
    found: _Measured,
    values: np.ndarray,
    label_of: dict,
    labels: np.ndarray,
    how: Uncertainty,
) -> dict:
    """One measure, its mean over all concepts that have it, each counting the same."""
    ids = found.concept_ids
    own = [int((labels == label_of[i]).sum()) for i in ids]
    known = shared | {"concept_id": None, "clips": sum(own), "concepts": len(ids), "p_value": None}
    if not ids:
        commonest = Counter(found.obstacles.values()).most_common(1)[0][0]
        return known | {"neurons": None} | _missing(commonest)
    single = own.count(1)
    note = f"classes with one held-out clip, whose spread is not in the interval: {single}" if single else None
    p = sign_flip_p(values[0], how.seed) if shared["measure"] == OVER_RANDOM else None
    known |= {"neurons": float(np.mean([found.sizes[i] for i in ids])), "p_value": p}
    return known | _estimated(values.mean(axis=1), how if single < len(ids) else None, note)


def _missing(note: str) -> dict:
    return {"estimate": None, "low": None, "high": None, "note": note}


def _estimated(sampled: np.ndarray, how: Uncertainty | None, note: str | None) -> dict:
    """The estimate (sample 0) and the percentile interval of the other samples."""
    if np.isnan(sampled[0]):
        return _missing("the held-out clips are all of one class: there is no other to keep") | {"p_value": None}
    low = high = None
    if how is not None:
        tail = (1 - how.confidence) / 2
        low, high = (float(q) for q in np.quantile(sampled[1:], (tail, 1 - tail)))
    return {"estimate": float(sampled[0]), "low": low, "high": high, "note": note}
