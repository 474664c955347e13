"""Section ``target``: the network under dissection."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from dagster_and.dissection.section import Section


class EmbeddedAst(Section):
    """A small AST that the pipeline trains on the probing set, without any download."""

    family: Literal["embedded_ast"]
    held_out_fold: int = Field(default=5, description="Fold kept out of training; its accuracy is reported.")
    training_folds: tuple[int, ...] | None = Field(
        default=None, min_length=1, description="Folds to train on; default: all but the held-out one."
    )
    epochs: int = Field(default=25, ge=1, le=1000, description="Passes over the training folds.")
    seed: int = Field(default=0, ge=0, description="Seed of weights, order and augmentation.")
    hidden_size: int = Field(default=96, ge=16, le=1024, description="Width of the transformer; a multiple of heads.")
    blocks: int = Field(default=4, ge=1, le=24, description="Transformer blocks.")
    heads: int = Field(default=4, ge=1, le=16, description="Attention heads.")

    @model_validator(mode="after")
    def _consistent(self) -> "EmbeddedAst":
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size must be a multiple of heads; write e.g. {self.heads * 24}")
        if self.training_folds and self.held_out_fold in self.training_folds:
            raise ValueError(f"held_out_fold {self.held_out_fold} is among training_folds; take it out of one of them")
        return self


class TransformersTarget(Section):
    """Any audio classifier that transformers loads, with safetensors weights."""

    family: Literal["transformers"]
    checkpoint: str = Field(description="Hub id (owner/name), or a local folder with config.json and safetensors.")
    revision: str | None = Field(default=None, description="Hub revision; default: the newest.")
    held_out_fold: int | None = Field(default=None, description="Fold that its training never saw, if known.")

    @property
    def location(self) -> str:
        """The checkpoint with environment variables and ~ filled in."""
        return (
            str(Path(os.path.expandvars(self.checkpoint)).expanduser()) if "/" in self.checkpoint else self.checkpoint
        )
