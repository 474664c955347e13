"""Section ``calibration``: which sentences of a summary say something about the neuron (AND, module B)."""

from pydantic import Field

from dagster_and.dissection.section import Section


class Calibration(Section):
    """When a sentence about the highest clips says nothing about the neuron."""

    threshold: float = Field(
        default=0.6,
        ge=-1,
        le=1,
        description="A sentence goes where its cosine with one about the lowest clips is over this (the paper: 0.6).",
    )
