"""Frames as Markdown tables, for cards and for the UI's metadata."""

from collections.abc import Iterable, Sequence

import polars as pl

PLAIN = str.maketrans({"|": "\\|", "\n": " ", "&": "&amp;", "<": "&lt;", "[": "\\[", "`": "\\`"})


def markdown(table: pl.DataFrame) -> str:
    """A frame as a Markdown table."""
    return markdown_rows(table.columns, table.rows())


def markdown_rows(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Rows as a Markdown table; numbers to three decimals, and text that is no tag, link, picture or code."""

    def cell(value: object) -> str:
        text = f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)
        return text.translate(PLAIN)

    lines: list[Iterable[object]] = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in row) + " |" for row in lines)
