"""Section ``compute``: on which device networks run, in which precision, and who does the work."""

import re
from typing import Literal

from pydantic import Field, field_validator

from dagster_and.dissection.section import Section

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16", "float16"]
LOCAL = "local"
ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://[^\s/:]+:\d+")
"""Of a Dask scheduler."""


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
    engine: str = Field(
        default=LOCAL,
        description="Who does the heavy rooms' work: local, which is this machine, or a Dask scheduler's address, as "
        "tcp://host:8786. Tables are the same. The environment variable AND_SCHEDULER wins over it.",
    )

    @field_validator("engine")
    @classmethod
    def _known(cls, engine: str) -> str:
        if not is_engine(engine):
            raise ValueError(f"{engine!r} is no engine; write local, or a Dask scheduler's address, as tcp://host:8786")
        return engine

    @property
    def in_keys(self) -> tuple[str, ...]:
        """What of it tables are made from: a precision of its own, never device or engine."""
        return () if self.precision == "float32" else (self.precision,)


def is_engine(name: str) -> bool:
    """Whether it is ``local``, or looks like a scheduler's address."""
    return name == LOCAL or ADDRESS.fullmatch(name) is not None
