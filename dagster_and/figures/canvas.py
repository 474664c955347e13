"""An empty figure in the house's style."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST_SIDE = 120.0
"""Inches: matplotlib draws at most 65,535 pixels a side."""
INK, ACCENT, QUIET = "#22333b", "#c8553d", "#8d99ae"


def canvas(rows: int = 1, columns: int = 1, size: tuple[float, float] = (8, 4.5)) -> tuple["Figure", np.ndarray]:
    """A figure without pyplot's global state, and its axes as a 2-d array.

    Names come from outside: a dollar is a dollar in them, not the start of a formula. However many rows a figure is to
    have, its sides end where no picture could be drawn any more.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams["text.parse_math"] = False  # read when a text is made, which may be long after this
    width, height = (min(side, LONGEST_SIDE) for side in size)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def blank(sentence: str) -> "Figure":
    """A figure that says why there is nothing to show."""
    figure, axes = canvas(size=(6, 1.2))
    axes[0, 0].axis("off")
    axes[0, 0].text(0.5, 0.5, sentence, ha="center", va="center", color=QUIET)
    return figure
