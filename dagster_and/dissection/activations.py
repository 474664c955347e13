"""Section ``activations``: what is read off the target."""

from typing import Literal

from pydantic import Field

from dagster_and.dissection.section import Section


class Activations(Section):
    """What is read off the target, and how tokens become one number a clip."""

    pooling: Literal["default", "cls", "mean", "max"] = Field(
        default="default",
        description="cls: the first token; mean, max: over the sound's tokens, padding and special ones left out; "
        "default: cls where the network has such a token (AST), mean elsewhere.",
    )
    moments: bool = Field(
        default=True,
        description="Whether it is kept when in a clip each neuron fires, read off the same forward passes; a clip "
        "then takes up to 24 bytes a neuron in the cache instead of 4.",
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
        le=8191,
        description="The one buffer that activations are transposed in, in MiB; bounds peak memory. Below 8,192, since "
        "a record batch counts its numbers with 32 bits.",
    )
