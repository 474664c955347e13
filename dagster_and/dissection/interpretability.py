"""Section ``interpretability``: which neurons' clips are about one thing (AND, Fig 6)."""

from itertools import product
from typing import Any

from pydantic import Field, field_validator

from dagster_and.dissection.section import Filled, Section, Seed

PAPERS_THRESHOLDS = (3, 4, 5)


class Interpretability(Section):
    """How captions are clustered, and how many of a neuron's clips have to share a cluster."""

    clusters: int = Field(default=11, ge=2, le=200, description="Clusters of caption sentences (K-means).")
    thresholds: tuple[int, ...] | None = Field(
        default=None,
        min_length=1,
        description="A neuron is interpretable at t if t of its top clips share a cluster; "
        "default: those of 3, 4 and 5 that top_clips.k reaches.",
    )
    seed: Seed = Field(default=0, description="Seed of K-means and of the draws for chance.")
    sentence_encoder: Filled = Field(
        default="minilm",
        description="minilm (packaged), clip:<hub id or folder>, or a sentence-transformers folder or hub id.",
    )
    sensitivity_clusters: tuple[int, ...] = Field(
        default=(5, 8, 11, 15, 20), description="Other numbers of clusters to try, since one run proves nothing."
    )
    sensitivity_seeds: tuple[int, ...] = Field(
        default=(0, 1, 2, 3, 4), description="Seeds of K-means to try with each of them."
    )
    chance_draws: int = Field(
        default=10_000, ge=100, le=1_000_000, description="Random sets of clips that give the chance level."
    )

    @field_validator("thresholds", "sensitivity_clusters", "sensitivity_seeds")
    @classmethod
    def _distinct_and_in_range(cls, numbers: Any, info: Any) -> Any:
        low, high = {"thresholds": (1, 1000), "sensitivity_clusters": (2, 200)}.get(info.field_name, (0, 2**32 - 1))
        for number in numbers or ():
            if not low <= number <= high:
                raise ValueError(f"{number} is not from {low} to {high}; write whole numbers within")
        if numbers and len(set(numbers)) < len(numbers):
            raise ValueError("a number stands there twice; write each once")
        return numbers

    def thresholds_of(self, k: int) -> tuple[int, ...]:
        """The thresholds that K top clips can reach, in rising order; K itself if the paper's are all above it."""
        if self.thresholds is not None:
            return tuple(sorted(self.thresholds))
        return tuple(t for t in PAPERS_THRESHOLDS if t <= k) or (k,)

    @property
    def runs(self) -> list[tuple[int, int]]:
        """Every (clusters, seed) to try, the dissection's own among them."""
        return sorted({(self.clusters, self.seed), *product(self.sensitivity_clusters, self.sensitivity_seeds)})
