"""How a layer's output is read, and how its tokens become one number a clip: said without any library of networks."""

from dataclasses import dataclass
from typing import Literal

Pooling = Literal["cls", "mean", "max"]


@dataclass(frozen=True)
class Reading:
    """How a layer's output is read.

    ``unit_axis`` holds the units. ``time_axis`` says how padding is followed: ``tokens`` where the output's tokens are
    those of the inputs' ``sound_tokens``; an axis along which time runs, to which ``sound_tokens`` is stretched; None
    where padding can't be followed and every position counts. ``module`` names another module that puts out the same
    values, for a layer that never runs itself (torch's fused attention takes its weights only).
    """

    unit_axis: int = -1
    time_axis: int | Literal["tokens"] | None = "tokens"
    module: str | None = None


PLAIN = Reading()
"""Of a linear layer in a transformer."""
