"""Section ``pruning``: which concepts are cut out of the target, how, and how the loss is measured."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from dagster_and.dissection.section import EACH_ONCE, Filled, Fold, Section
from dagster_and.method.closed_concepts.tables import Similarity
from dagster_and.method.pruning.tables import RandomSizes

Block = Annotated[int, Field(ge=0, lt=2**31)]
Strategy = Literal["OCP", "DB", "TAB", "ICL", "random", "activation_gap"]


class Pruning(Section):
    """Concepts cut out of the target, and what it then forgets and keeps."""

    concepts: Literal["all"] | Annotated[tuple[str, ...], EACH_ONCE] = Field(
        default="all", description="all: every concept that names a class of the target; or a list of such concepts."
    )
    strategies: Annotated[tuple[Strategy, ...], EACH_ONCE] = Field(
        default=("OCP", "DB", "TAB", "ICL", "random", "activation_gap"),
        min_length=1,
        description="How neurons are tied to a concept; what a strategy needs and isn't there is said in its rows.",
    )
    size_of: Literal["OCP", "DB", "TAB", "ICL"] = Field(
        default="OCP",
        description="Strategy whose number of neurons activation_gap cuts; random is cut as large as each of them.",
    )
    top: int = Field(
        default=3, ge=1, le=5, description="DB, TAB, ICL: a neuron goes if the concept is among its first so many."
    )
    db_similarity: Similarity = Field(default="cosine_cubed", description="Similarity function whose ranks DB takes.")
    tab_similarity: Similarity = Field(default="soft_wpmi", description="Similarity function whose ranks TAB takes.")
    sublayers: Annotated[tuple[str, ...] | None, EACH_ONCE] = Field(
        default=None, min_length=1, description="Roles of layers to cut in, as intermediate; default: all but the head."
    )
    blocks: Annotated[tuple[Block, ...] | None, EACH_ONCE] = Field(
        default=None, min_length=1, description="Blocks to cut in, counted from 0; default: all."
    )
    held_out_fold: Fold | None = Field(
        default=None, description="Fold to measure on; default: the target's held-out fold."
    )
    seeds: int = Field(
        default=5, ge=1, le=100, description="Draws of the strategy random, each time as large as every other strategy."
    )
    random_sizes: RandomSizes = Field(
        default="shared",
        description="shared: random cuts have the sizes of one grid, the next one not below that of the strategy and "
        "less than a tenth above it, so concepts share them; exact: the very size, which takes more cuts.",
    )
    bootstrap_samples: int = Field(default=1000, ge=100, le=100_000, description="Resamples of the held-out clips.")
    confidence: float = Field(default=0.95, gt=0.5, lt=1, description="Coverage of the bootstrap intervals.")
    fractions: tuple[float, ...] = Field(
        default=(0.02, 0.04, 0.06, 0.08, 0.10, 0.12),
        min_length=1,
        description="Feature importance: shares of the neurons to cut, each above 0 and at most 1.",
    )
    ablation_seeds: int = Field(default=3, ge=1, le=100, description="Feature importance: seeds that break ties.")
    basic_adjectives: Annotated[tuple[Filled, ...], EACH_ONCE] = Field(
        default=("clear", "high-pitched", "high-quality", "loud"),
        min_length=1,
        description="Feature importance: adjectives that count as basic.",
    )
    single_adjectives: Annotated[int, Field(ge=0, le=1000)] | Annotated[tuple[Filled, ...], EACH_ONCE] = Field(
        default=4,
        description="Feature importance: adjectives to rank by one by one: a list, or how many of the commonest.",
    )
    batch_size: int = Field(default=64, ge=1, le=4096, description="Most clips a forward pass.")
    memory_mb: int = Field(
        default=512, ge=1, le=1_048_576, description="Bound on what is kept of one batch's blocks, in MiB."
    )

    @field_validator("concepts")
    @classmethod
    def _named(cls, concepts: object) -> object:
        if isinstance(concepts, tuple) and (not concepts or not all(c.strip() for c in concepts)):
            raise ValueError("an empty concept; write all, or at least one concept, each with at least one letter")
        return concepts

    @field_validator("fractions")
    @classmethod
    def _shares(cls, fractions: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < fraction <= 1 for fraction in fractions):
            raise ValueError("a share of neurons is above 0 and at most 1; write e.g. 0.02 for 2 %")
        return tuple(sorted(set(fractions)))

    @model_validator(mode="after")
    def _sized(self) -> "Pruning":
        if "activation_gap" in self.strategies and self.size_of not in self.strategies:
            raise ValueError(
                f"activation_gap cuts as many neurons as size_of {self.size_of}, which is not among strategies; add "
                f"{self.size_of} to them, or name another under size_of"
            )
        if set(self.strategies) == {"random"}:
            raise ValueError(
                "random cuts as many neurons as each of the other strategies, and strategies names none; add at least "
                "one of OCP, DB, TAB, ICL to them"
            )
        return self
