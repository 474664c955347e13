"""Section ``summaries``: which neurons are described in words."""

from typing import Literal

from pydantic import Field

from dagster_and.dissection.section import Section, Seed


class Summaries(Section):
    """Which neurons are described. Without a cap all are, which an LLM may take days for."""

    neurons_per_layer: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        description="At most so many neurons of each layer, and all of the head; default: all.",
    )
    choice: Literal["first", "random"] = Field(
        default="random", description="Which ones where there is a cap: the first by index, or a seeded draw."
    )
    seed: Seed = Field(default=0, description="Seed of that draw.")
