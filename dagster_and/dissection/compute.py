"""Section ``compute``: on which device networks run, and in which precision."""

from typing import Literal

from pydantic import Field

from dagster_and.dissection.section import Section

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16", "float16"]


class Compute(Section):
    """Where networks are run and trained and similarities computed, and how exactly networks compute."""

    device: DeviceName = Field(
        default="auto",
        description="cpu, cuda or mps; auto takes a GPU where there is one (cuda, then mps). The environment variable "
        "AND_DEVICE wins over it: the file says what is dissected, the environment on which machine.",
    )
    precision: Precision = Field(
        default="float32",
        description="Of the networks' matrix products and convolutions; weights, sums and tables stay in float32. "
        "Other values come of it, so tables are made anew.",
    )

    @property
    def in_keys(self) -> tuple[str, ...]:
        """What of it tables are made from: a precision of its own, never the device."""
        return () if self.precision == "float32" else (self.precision,)
