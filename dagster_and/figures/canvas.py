"""The house's one style: an empty figure in it, colours that everyone can tell apart, the axes that figures share."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

WIDTH = 5.0
"""Inches: in a paper's column of 3.3 inches type of 8 points is read at 5, on a page of 7 inches at 11."""
LONGEST_SIDE = 120.0
"""Inches: matplotlib draws at most 65,535 pixels a side."""
LONGEST_NAME = 26
INK, QUIET = "#222222", "#6e6e6e"
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9"
"""Of Okabe and Ito: told apart by people who see red and green alike, and in grey by their lightness, mostly."""
COLORS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
STYLE: "dict[RcKeyType, Any]" = {
    "text.parse_math": False,  # names come from outside: a dollar is a dollar in them, not the start of a formula
    "font.size": 8,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 5,
    "axes.titlesize": 8.5,
    "axes.unicode_minus": True,
    "errorbar.capsize": 2,
    "hatch.linewidth": 0.6,
    "legend.columnspacing": 1.3,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "lines.linewidth": 1.1,
    "lines.markersize": 4,
    "svg.hashsalt": "dissect",  # one drawing, one file, to the byte
    "xtick.color": INK,
    "xtick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.color": INK,
    "ytick.labelsize": 7.5,
    "ytick.major.width": 0.6,
}


NOT_DRAWN = "not drawn"
"""What Dagster is told of a figure that would be empty, under that name: why."""


class NothingToDrawError(Exception):
    """A figure would be empty; its text is one sentence that says why."""


def canvas(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (WIDTH, 3.0), **shared: Any
) -> tuple["Figure", np.ndarray]:
    """A figure in the house's style, without pyplot's global state, and its axes as a 2-d array.

    However many rows a figure is to have, its sides end where no picture could be drawn any more.

    Args:
        rows: of axes.
        columns: of axes.
        size: width and height in inches.
        shared: what axes share, as ``sharex`` and ``sharey`` of matplotlib.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams.update(STYLE)  # read when a part is made, which may be long after this
    width, height = (min(side, LONGEST_SIDE) for side in size)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def series(place: int) -> dict[str, Any]:
    """Color and marker of the first, second, ... of several: none by its color alone; the first again after 56."""
    return {"color": COLORS[place % len(COLORS)], "marker": MARKERS[place % len(MARKERS)]}


def short(name: object, longest: int = LONGEST_NAME) -> str:
    """A name in one line of so many characters, its middle left out: beginnings and ends tell names apart."""
    words = " ".join(str(name).replace("_", " ").split())
    if len(words) <= longest:
        return words
    kept = longest - 1
    return f"{words[: kept - kept // 3].rstrip()}…{words[len(words) - kept // 3 :].lstrip()}"


def block_axis(axis: Any, rows: pl.DataFrame) -> None:
    """Whole numbers below, and "head" where a column ``is_head`` says so of one block that is no body's."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    heads = rows.filter("is_head")["block_index"].unique().to_list() if "is_head" in rows.columns else []
    axis.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    blocks = rows.filter(~pl.col("is_head"))["block_index"].unique().sort().to_list() if heads else []
    if len(heads) == 1 and heads[0] not in blocks:  # networks of several depths have several
        every = -(-len(blocks) // 6) if blocks else 1
        axis.set_xticks([*blocks[::every], *heads])
        axis.xaxis.set_major_formatter(FuncFormatter(lambda at, _: "head" if round(at) in heads else f"{at:.0f}"))
    axis.set_xlabel("block")


def interval(rows: pl.DataFrame, middle: str, low: str, high: str) -> np.ndarray:
    """How far an interval reaches below and above its middle, float64 "2 row"; nothing where it isn't known."""
    at, below, above = (numbers(rows[name]) for name in (middle, low, high))
    return np.nan_to_num(np.clip([at - below, above - at], 0, None))


def numbers(column: pl.Series) -> np.ndarray:
    """Float64, null as NaN."""
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def legend_below(figure: "Figure", handles: Sequence[Any], columns: int = 3) -> None:
    """The one legend of a figure, under all axes, where it covers nothing."""
    figure.legend(handles=list(handles), loc="outside lower center", ncols=min(columns, max(1, len(handles))))


def shown_as(label: str, **look: Any) -> Any:
    """What stands for something in a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **{"linestyle": "none", **look}, label=label)


def chance_line(label: str = "chance") -> Any:
    """What stands for chance in a legend."""
    return shown_as(label, color=QUIET, linestyle="dotted")
