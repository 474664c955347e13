"""Sections of the method's own rooms: ``activations``, ``top_clips``, ``closed_concepts``."""

from typing import Any, Literal

from pydantic import Field, field_validator

from dagster_and.dissection.section import Section


class Activations(Section):
    """What is read off the target, and how tokens become one number a clip."""

    pooling: Literal["default", "cls", "mean", "max"] = Field(
        default="default",
        description="cls: the first token; mean, max: over the sound's tokens, padding and special ones left out; "
        "default: cls where the network has such a token (AST), mean elsewhere.",
    )
    layers: tuple[tuple[str, ...], ...] | None = Field(
        default=None,
        min_length=1,
        description="Module names block by block; default: those of target.layers, or the known linear layers of every "
        "block.",
    )
    batch_size: int = Field(default=16, ge=1, le=4096, description="Clips a forward pass.")
    buffer_mb: int = Field(
        default=64,
        ge=1,
        le=65536,
        description="The one buffer that activations are transposed in, in MiB; bounds peak memory.",
    )


class TopClips(Section):
    """The evidence for each neuron."""

    k: int = Field(default=5, ge=1, le=1000, description="Clips kept at either end of each neuron.")


class ClosedConcepts(Section):
    """The concept set D_c and the encoder that compares it with captions."""

    concepts: Literal["labels"] | tuple[str, ...] | str = Field(
        default="labels",
        description="labels: the probing set's classes; or a list of words; or a text file with one concept a line.",
    )
    text_encoder: str = Field(
        default="minilm",
        description="minilm (packaged), clip:<hub id or folder>, or a sentence-transformers folder or hub id.",
    )
    text_audio_encoder: str = Field(
        default="ridge",
        pattern=r"^(ridge|clap:.+)$",
        description="ridge (fitted on the captions of the other folds), or clap:<hub id or folder>.",
    )

    @field_validator("concepts")
    @classmethod
    def _not_empty(cls, concepts: Any) -> Any:
        if not concepts or (isinstance(concepts, tuple) and not all(c.strip() for c in concepts)):
            raise ValueError("an empty concept; write at least one concept, each with at least one letter")
        return concepts
