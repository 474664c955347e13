"""Tables of the reference."""

from collections.abc import Iterable, Sequence

WRITTEN = str.maketrans({"|": "\\|", "\n": " ", "<": "&lt;"})


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows as a Markdown table, the first column as code. Descriptions keep their code; nothing in them is a tag."""
    lines = [list(columns), ["---"] * len(columns), *([f"`{first}`", *map(plain, rest)] for first, *rest in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plain(text: str) -> str:
    """Words of the code on one line."""
    return " ".join(text.split()).translate(WRITTEN)
