"""Section ``closed_concepts``: the concept set, and who compares it with the clips (AND, module A)."""

from typing import Any, Literal

from pydantic import Field, field_validator

from dagster_and.dissection.section import Filled, Section


class ClosedConcepts(Section):
    """The concept set D_c and the encoder that compares it with captions."""

    concepts: Literal["labels"] | tuple[str, ...] | str = Field(
        default="labels",
        description="labels: the probing set's classes; or a list of words; or a text file with one concept a line.",
    )
    text_encoder: Filled = Field(
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
