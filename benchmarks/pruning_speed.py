"""The pruning room against the bare forward passes that it needs: same network, inputs, batch and threads, in turn."""

import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import torch

from benchmarks.activations_speed import seconds_of
from benchmarks.workload import network, sounds
from dagster_and.method.pruning.cuts import Rows
from dagster_and.targets.cutting.evaluating import logits_after
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.layers import Layer
from dagster_and.targets.target import Target

LIMIT = 1.15
SHARE = 0.12


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
