"""Whether a neuron's activations vary at all."""

import polars as pl

DEAD_SPREAD = 1e-5
"""Largest spread of a dead neuron, in parts of its largest absolute activation: float32 rounds at 1e-7."""


def is_dead(minimum: pl.Expr, maximum: pl.Expr) -> pl.Expr:
    """Whether a neuron's activations differ by rounding only."""
    size = pl.max_horizontal(minimum.abs(), maximum.abs())
    return (maximum - minimum) <= DEAD_SPREAD * size
