"""Section ``top_clips``: how many clips are kept of each neuron."""

from pydantic import Field

from dagster_and.dissection.section import Section


class TopClips(Section):
    """The evidence for each neuron."""

    k: int = Field(default=5, ge=1, le=1000, description="Clips kept at either end of each neuron.")
