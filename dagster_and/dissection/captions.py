"""Section ``captions``: where the words about each clip come from."""

from typing import Literal

from pydantic import Field, model_validator

from dagster_and.dissection.section import Section


class Captions(Section):
    """Where the words about each clip come from."""

    captioner: Literal["dataset", "annotations", "file"] = Field(
        description="dataset: the set's own captions; annotations: label plus measured acoustics; file: yours."
    )
    path: str | None = Field(
        default=None, description="For file: JSON (name -> text), or CSV or Parquet with columns filename and caption."
    )

    @model_validator(mode="after")
    def _path_goes_with_file(self) -> "Captions":
        if (self.captioner == "file") != (self.path is not None):
            raise ValueError("path belongs to captioner: file, and only to it; write both or neither")
        return self
