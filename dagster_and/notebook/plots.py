"""Every figure of the reports, drawn from the warehouse as it is now."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from dagster_and.figures import DRAWINGS, NothingToDrawError
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.warehouse.reading import read_report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OF_PAIRS = "rpt_dissection_comparison"
"""The report of which no row is about one dissection."""


class Plots:
    """``plot.<figure>()`` gives a matplotlib figure; ``dir(plot)`` lists them.

    Raises (a figure, when called):
        UserError: there is nothing to draw; why.

    Examples:
        >>> d.plot.labels_by_block().savefig("labels.pdf")
    """

    def __init__(self, home: Home, dissection: str | None = None):
        self._home = home
        self._dissection = dissection

    def __getattr__(self, figure: str) -> "Callable[[], Figure]":
        if figure.startswith("_"):
            raise AttributeError(figure)
        if figure not in self.__dir__():
            raise AttributeError(f"There is no figure {figure!r}: write one of {', '.join(self.__dir__())}.")
        return lambda: self._drawn(figure)

    def __dir__(self) -> Iterable[str]:
        return [one.name for one in DRAWINGS if self._dissection is None or OF_PAIRS not in one.reports]

    def _drawn(self, name: str) -> "Figure":
        drawing = next(one for one in DRAWINGS if one.name == name)
        reports = [read_report(self._home.warehouse, r, self._dissection) for r in drawing.reports]
        try:
            figure = drawing.draw(*reports)
        except NothingToDrawError as error:
            raise UserError(f"{name} would be empty: {error}") from None
        vars(figure)["_repr_png_"] = lambda: _png(figure)  # or a notebook without pyplot would show its name alone
        return figure


def _png(figure: "Figure") -> bytes:
    written = BytesIO()
    figure.savefig(written, format="png", dpi=100)
    return written.getvalue()
