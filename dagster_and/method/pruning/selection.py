"""Which neurons are tied to a concept, and would be cut to forget it (AND, section 4 and Table 4).

Nothing is cut here: the answer is a table of neurons and reasons, which can be read first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl

from dagster_and.method.arrays.batches import Chunk, Rows, each_chunk
from dagster_and.method.pruning.tables import PRUNED_NEURONS, PRUNINGS, RandomSizes
from dagster_and.method.text.lemma_match import neurons_that_name, why_nobody_names

CONTROLS = {
    "none": "nothing is cut",
    "all": "everything eligible is cut",
    "body": "the head hears zeros, so everything else is cut, recorded or not",
}
"""Cuts that no concept chooses, and what goes. What ``none`` and ``body`` do is known beforehand, so they check the
measurement; ``all`` tells how much of the answer the eligible neurons carry.
"""
SIZED = ("random", "activation_gap")
"""Strategies that take their number of neurons from another one: random from each, activation_gap from one."""

_CHOSEN = pl.Schema({"neuron_id": pl.Int32, "reason": pl.String, "score": pl.Float64})


@dataclass(frozen=True)
class Rules:
    """How neurons are chosen. Of DB, TAB and ICL the first ``top`` concepts count; ``similarities`` names for DB and
    TAB the function that ranks them. ``size_of`` is the strategy that activation_gap cuts as many neurons as. Random
    cuts are as large as the others (``exact``), or as the next size of one grid (``shared``, :func:`shared_size`).
    """

    strategies: Sequence[str]
    seeds: int = 5
    size_of: str = "OCP"
    top: int = 3
    similarities: Mapping[str, str] | None = None
    random_sizes: RandomSizes = "shared"


@dataclass(frozen=True)
class Evidence:
    """What the choice rests on: rows of ``neuron_words``, ``concept_predictions`` and ``concept_choices``, and
    :func:`activation_gaps` ("neuron concept"). None where the dissection lacks it.
    """

    words: pl.DataFrame | None = None
    predictions: pl.DataFrame | None = None
    choices: pl.DataFrame | None = None
    gaps: np.ndarray | None = None


def select(
    neurons: pl.DataFrame, concepts: pl.DataFrame, evidence: Evidence, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables ``prunings`` and ``pruned_neurons``.

    Args:
        neurons: the eligible rows of ``neurons``.
        concepts: concept_id, concept, and obstacle: why this concept can't be pruned, or null; by concept_id.
        evidence: what the choice rests on.
        rules: how it is made.
    """
    cuts: list[dict] = []
    chosen: dict[tuple, pl.DataFrame] = {}
    evidence = _narrowed(evidence, rules)
    draw = _drawing(neurons["neuron_id"])
    for row, concept in enumerate(concepts.iter_rows(named=True)):
        sizes: dict[str, int] = {}
        for strategy, size_of, seed in _planned(rules):
            found: pl.DataFrame | str
            if why := concept["obstacle"] or _lacking(strategy, size_of, sizes):
                found = why
            elif strategy == "random":
                is_shared = rules.random_sizes == "shared"
                found = draw(shared_size(sizes[size_of], neurons.height) if is_shared else sizes[size_of], seed)
            elif strategy == "activation_gap":
                found = _by_gap(neurons, evidence.gaps, row, sizes[size_of])
            else:
                found = _tied(strategy, concept, neurons, evidence, rules)
            key = (strategy, size_of, concept["concept_id"], seed)
            size = 0 if isinstance(found, str) else found.height
            sizes.setdefault(strategy, size)
            cuts.append(_cut(key, size, neurons.height, found if isinstance(found, str) else None))
            if not isinstance(found, str):
                chosen[key] = found
        for control, what in CONTROLS.items():
            size = 0 if concept["obstacle"] or control == "none" else neurons.height
            key = (control, control, concept["concept_id"], 0)
            cuts.append(_cut(key, size, neurons.height, concept["obstacle"] or f"control: {what}"))
    prunings = pl.DataFrame(cuts, schema=PRUNINGS.frame_schema)
    return prunings.sort(PRUNINGS.key), _listed(chosen)


def shared_size(size: int, eligible: int) -> int:
    """The first size of the grid 1, 2, ..., 19, 20, 22, 24, ... that is not below ``size``; less than a tenth above it.

    The grid depends on nothing, so a concept's random cuts don't depend on which other concepts are cut. ``size``
    itself where the grid would have all ``eligible`` neurons go: no draw would be left.
    """
    at = 1
    while at < size:
        at += max(1, at // 10)
    return at if at < eligible else size


def _listed(chosen: Mapping[tuple, pl.DataFrame]) -> pl.DataFrame:
    """The table ``pruned_neurons`` of the neurons of each cut, by its key."""
    keys = sorted(chosen)
    frames = [chosen[key].cast(_CHOSEN).sort("neuron_id") for key in keys]
    each = pl.DataFrame(keys, schema={name: PRUNINGS.frame_schema[name] for name in PRUNINGS.key}, orient="row")
    places = np.repeat(np.arange(len(keys)), [frame.height for frame in frames])
    neurons = pl.concat([_CHOSEN.to_frame(), *frames])
    return each[places].hstack(neurons).select(PRUNED_NEURONS.schema.names).cast(PRUNED_NEURONS.frame_schema)


def _narrowed(evidence: Evidence, rules: Rules) -> Evidence:
    """Of the predictions, what the choice looks at; a function that ranks at all has a first concept."""
    if evidence.predictions is None:
        return evidence
    named = pl.col("similarity").is_in(list((rules.similarities or {}).values()))
    return replace(evidence, predictions=evidence.predictions.filter(named & (pl.col("rank") <= rules.top)))


def _planned(rules: Rules) -> Iterator[tuple[str, str, int]]:
    """Strategy, the strategy that it cuts as many neurons as, and seed of every cut of a concept; sizes come first."""
    own = [strategy for strategy in rules.strategies if strategy not in SIZED]
    yield from ((strategy, strategy, 0) for strategy in own)
    if "random" in rules.strategies:
        yield from (("random", size_of, seed) for size_of in own for seed in range(rules.seeds))
    if "activation_gap" in rules.strategies:
        yield "activation_gap", rules.size_of, 0


def _lacking(strategy: str, size_of: str, sizes: Mapping[str, int]) -> str:
    """That the strategy whose size is to be cut cuts nothing; empty where it does, or none is asked."""
    if strategy in SIZED and not sizes.get(size_of):
        return f"{size_of} cuts no neuron for this concept, and {strategy} cuts as many"
    return ""


def _tied(strategy: str, concept: dict, neurons: pl.DataFrame, evidence: Evidence, rules: Rules) -> pl.DataFrame | str:
    """Eligible neurons that a strategy ties to a concept, or the sentence that says why there are none."""
    if strategy == "OCP":
        found = _by_words(concept["concept"], evidence.words)
    elif strategy == "ICL":
        found = _by_choice(rules.top, concept["concept_id"], evidence.choices)
    else:
        function = (rules.similarities or {})[strategy]
        found = _by_rank(strategy, function, rules.top, concept["concept_id"], evidence.predictions)
    if isinstance(found, str):
        return found
    found = found.join(neurons.select("neuron_id"), on="neuron_id", how="semi")
    return found if found.height else f"no eligible neuron is tied to the concept by {strategy}"


def _by_words(concept: str, words: pl.DataFrame | None) -> pl.DataFrame | str:
    if words is None:
        return "the dissection has no neuron_words, so no noun can name the concept"
    return why_nobody_names(concept, words) or neurons_that_name(concept, words)


def _by_choice(top: int, concept_id: int, choices: pl.DataFrame | None) -> pl.DataFrame | str:
    if choices is None:
        return "the dissection has no concept_choices, so no describer has chosen concepts"
    counted = choices.filter((pl.col("concept_id") == concept_id) & (pl.col("rank") <= top))
    best = counted.group_by("neuron_id").agg(pl.col("rank").min())
    return best.sort("neuron_id").select(
        "neuron_id",
        pl.format("choice {} by its summary", "rank").alias("reason"),
        pl.lit(None, pl.Float64).alias("score"),
    )


def _by_rank(
    method: str, similarity: str, top: int, concept_id: int, predictions: pl.DataFrame | None
) -> pl.DataFrame | str:
    none = f"the dissection has no concept_predictions by {method} with {similarity}"
    if predictions is None:
        return none
    ranked = predictions.filter((pl.col("method") == method) & (pl.col("similarity") == similarity))
    if ranked.is_empty():
        return none
    return ranked.filter((pl.col("concept_id") == concept_id) & (pl.col("rank") <= top)).select(
        "neuron_id", pl.format("rank {} by {}", "rank", pl.lit(similarity)).alias("reason"), "score"
    )


def _drawing(neuron_ids: pl.Series) -> Callable[[int, int], pl.DataFrame]:
    """Draws of so many neurons by a seed. Size and seed decide, whatever the concept: equal ones are measured once."""
    everything = neuron_ids.sort().to_numpy()

    @cache
    def draw(size: int, seed: int) -> pl.DataFrame:
        ids = np.sort(np.random.default_rng([seed, size]).choice(everything, size, replace=False))
        return pl.DataFrame({"neuron_id": ids, "reason": f"drawn by seed {seed}", "score": None}, schema=_CHOSEN)

    return draw


def _by_gap(neurons: pl.DataFrame, gaps: np.ndarray | None, row: int, size: int) -> pl.DataFrame | str:
    if gaps is None:
        return "no training folds are known, so no gap can be measured without the held-out clips"
    ids = neurons["neuron_id"].sort().to_numpy()
    gap = gaps[ids, row]
    if np.isnan(gap).any():
        return "the training folds lack clips of this class, or of any other, so there is no gap to measure"
    order = np.argsort(-gap, kind="stable")[:size]
    reasons = [f"activation gap, rank {rank}" for rank in range(1, size + 1)]
    return pl.DataFrame({"neuron_id": ids[order], "reason": reasons, "score": gap[order]}, schema=_CHOSEN)


def activation_gaps(rows: Rows, labels: pl.Series, wanted: pl.Series, training: np.ndarray) -> np.ndarray:
    """How much more a neuron does on a class's clips than on the others, in standard deviations of the training clips.

    Args:
        rows: of ``activations``.
        labels: class of every clip, in the order of clip_id.
        wanted: the class of each concept; None where it names none.
        training: bool "clip": the clips to look at; the held-out ones are not among them.

    Returns:
        "neuron concept"; 0 for a neuron that never changes, NaN for a concept without own or without other clips.
    """
    heard = np.asarray(labels.to_list(), dtype=object)[training]
    own = np.stack([heard == label for label in wanted], axis=1).astype(np.float64)
    count = own.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        contrast = own / count - (1 - own) / (len(heard) - count)

    def work(chunk: Chunk) -> np.ndarray:
        values = chunk[1][:, training].astype(np.float64)
        values -= values.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.einsum("nc,nc->n", values, values) / max(1, values.shape[1]))[:, None]
        gap = values @ contrast
        return np.divide(gap, spread, where=spread > 0, out=0 * gap)

    return np.concatenate(list(each_chunk(work, rows)))


def _cut(key: tuple, size: int, eligible: int, note: str | None) -> dict:
    everything = f"all {eligible} eligible neurons are tied to the concept" if size and size == eligible else None
    return dict(zip(PRUNINGS.key, key, strict=True)) | {
        "neurons": size, "eligible_neurons": eligible, "note": note or everything,
    }  # fmt: skip
