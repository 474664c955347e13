"""The pruning room against the bare forward passes that it needs: same network, inputs, batch and threads, in turn."""

import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import torch

from benchmarks.activations_speed import seconds_of
from benchmarks.workload import network, sounds
from dagster_and.method.pruning.cuts import Rows, plan_cuts
from dagster_and.method.pruning.selection import Evidence, Rules, select
from dagster_and.targets.cutting.evaluating import logits_after
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.layers import Layer
from dagster_and.targets.target import Target

LIMIT = 1.15
SHARE = 0.12
LIMIT_DISTINCT = 0.4
TOP = 3


def measure(folder: Path, size: str, clips: int, seconds: float, cuts: int, pairs: int, first_block: int) -> str:
    """One line: the median of pairwise ratios, with the smallest and largest.

    The bare loop makes one full forward pass for each cut and one before. Cuts touch every block from
    ``first_block`` on, as a strategy over all blocks does with 0.
    """
    target = network(folder / size, size)
    table = sounds(folder / "sounds", clips, seconds).with_columns(duration_s=pl.lit(seconds))
    features = FeatureCache(folder / "features", target.frontend, seconds)
    inputs = [target.frontend.inputs(b).arguments for b in features.batches(table, clips)]  # also fills the cache
    chosen = [cut_of(target, seed, first_block) for seed in range(cuts)]

    def bare() -> None:
        with torch.inference_mode():
            for arguments in inputs * (cuts + 1):
                target.model(**arguments)

    def whole() -> None:
        logits_after(target, table, features, chosen, clips, 4096)

    bare()
    whole()
    return line(
        bare, whole, pairs, f"{size} AST, {cuts} cuts from block {first_block} on, {clips} clips of {seconds:g} s"
    )


def line(bare: Callable[[], None], whole: Callable[[], None], pairs: int, what: str) -> str:
    """The ratio in words."""
    ratios = [seconds_of(whole)[0] / seconds_of(bare)[0] for _ in range(pairs)]
    verdict = "ok" if statistics.median(ratios) <= LIMIT else "OVER THE LIMIT"
    return (
        f"pruning room / bare full forward passes, {what}, {torch.get_num_threads()} threads: "
        f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs), "
        f"limit {LIMIT}: {verdict}"
    )


def cut_of(target: Target, seed: int, first_block: int) -> Rows:
    """A share of every body layer's neurons from a block on."""
    random = np.random.default_rng(seed)

    def rows(layer: Layer) -> list[int]:
        return np.sort(random.choice(layer.width, max(1, int(SHARE * layer.width)), replace=False)).tolist()

    return {layer.name: rows(layer) for layer in target.layers[:-1] if layer.block_index >= first_block}


def cuts_saved(neurons: int, concepts: int) -> str:
    """One line: distinct cuts to run, by cuts asked for. Some concepts are followed by more neurons than others."""
    random = np.random.default_rng(0)
    named = pl.DataFrame({"concept_id": range(concepts)}, schema={"concept_id": pl.Int32}).with_columns(
        concept=pl.format("concept {}", "concept_id"), label=pl.lit("a class"), obstacle=pl.lit(None, pl.String)
    )
    layout = pl.DataFrame({"neuron_id": range(neurons)}, schema={"neuron_id": pl.Int32})
    layout = layout.with_columns(layer_name=pl.lit("layer"), neuron_index=pl.col("neuron_id"))
    ranked = pl.concat(_ranked(random, neurons, concepts, *method) for method in (("DB", "cosine"), ("TAB", "wpmi")))
    rules = Rules(("DB", "TAB", "random"), top=TOP, similarities={"DB": "cosine", "TAB": "wpmi"})
    plan = plan_cuts(*select(layout, named, Evidence(predictions=ranked), rules), named, layout, layout)
    ratio = len(plan.runs) / len(plan.run_of)
    return (
        f"distinct cuts / cuts asked for, {concepts} concepts by 2 strategies and at random, {neurons} neurons: "
        f"{ratio:.3f} ({len(plan.runs)} of {len(plan.run_of)}), limit {LIMIT_DISTINCT}: "
        f"{'ok' if ratio <= LIMIT_DISTINCT else 'OVER THE LIMIT'}"
    )


def _ranked(random: np.random.Generator, neurons: int, concepts: int, method: str, similarity: str) -> pl.DataFrame:
    """The first concepts of each neuron, the one more often than the other."""
    popularity = -np.log(np.arange(1, concepts + 1)) / 2
    first = np.argsort(-(popularity + random.gumbel(size=(neurons, concepts))), axis=1)[:, :TOP]
    columns = {
        "neuron_id": np.repeat(np.arange(neurons), TOP),
        "rank": np.tile(np.arange(1, TOP + 1), neurons),
        "concept_id": first.ravel(),
    }
    cast = pl.DataFrame(columns).cast(pl.Int32)
    return cast.with_columns(method=pl.lit(method), similarity=pl.lit(similarity), score=pl.lit(0.0))
