"""Section ``captions``: where the words about each clip come from."""

from typing import Literal

from pydantic import Field, model_validator

from dagster_and.dissection.describer import LlmServer
from dagster_and.dissection.section import Filled, Section


class Captions(Section):
    """Where the words about each clip come from."""

    captioner: Literal["dataset", "annotations", "file", "audio_llm"] = Field(
        description="dataset: the set's own captions; annotations: label plus measured acoustics; file: yours; "
        "audio_llm: a model that listens, over an OpenAI-compatible API."
    )
    path: Filled | None = Field(
        default=None, description="For file: JSON (name -> text), or CSV or Parquet with columns filename and caption."
    )
    llm: LlmServer | None = Field(
        default=None,
        description="For audio_llm: the server, the model and how it is asked; base_url and model at least.",
    )
    moment_s: float | None = Field(
        default=None,
        ge=0.5,
        le=60,
        description="For audio_llm: so many seconds about the moment at which a neuron fires are captioned, too, and "
        "summarised in place of the whole clip. Less than probing.window_s; needs activations.moments.",
    )

    @model_validator(mode="after")
    def _path_goes_with_file(self) -> "Captions":
        if (self.captioner == "file") != (self.path is not None):
            raise ValueError("path belongs to captioner: file, and only to it; write both or neither")
        if (self.captioner == "audio_llm") != (self.llm is not None):
            raise ValueError("llm belongs to captioner: audio_llm, and only to it; write both or neither")
        if self.captioner != "audio_llm" and self.moment_s is not None:
            raise ValueError("moment_s belongs to captioner: audio_llm, which alone hears; leave it out")
        return self
