"""A flow chart as Mermaid writes it, drawn as SVG: a browser would have to fetch Mermaid to draw it itself."""

import re
from collections.abc import Sequence
from itertools import pairwise

BLOCK = re.compile(r"```mermaid\n(.+?)```\n", re.DOTALL)
STEP_X, STEP_Y = 136, 46
WIDTH, HEIGHT = 116, 28
SWEEPS = 8


def drawn(text: str) -> str:
    """The text with every flow chart in it replaced by its picture, in the colour of the words around it."""
    return BLOCK.sub(lambda block: svg(edges(block[1])), text)


def edges(chart: str) -> list[tuple[str, str]]:
    """Pairs of names, in order: of ``a --> b --> c`` a and b, then b and c."""
    chains = [re.split(r"\s*-->\s*", line.strip()) for line in chart.splitlines() if "-->" in line]
    return [pair for chain in chains for pair in pairwise(chain)]


def svg(pairs: Sequence[tuple[str, str]]) -> str:
    """Boxes in columns, each to the right of all that leads to it, and arrows between them."""
    columns = _columns(pairs)
    place = {name: (STEP_X * x, STEP_Y * y) for x, names in enumerate(columns) for y, name in enumerate(names)}
    size = (STEP_X * len(columns), STEP_Y * max(map(len, columns)))
    arrows = "".join(_arrow(place[start], place[end]) for start, end in pairs)
    boxes = "".join(_box(name, *corner) for name, corner in place.items())
    return (
        f'<div class="flow"><svg viewBox="-4 -4 {size[0]} {size[1]}" role="img" aria-label="{_in_words(pairs)}">'
        f'<g fill="none" stroke="currentColor">{arrows}</g>{boxes}</svg></div>\n'
    )


def _in_words(pairs: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{start} to {end}" for start, end in pairs)


def _columns(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Names by the longest way that leads to them; within a column near what leads there."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for start, end in pairs:
            depth[end] = max(depth[end], depth[start] + 1)
    columns = [[name for name in names if depth[name] == x] for x in range(max(depth.values()) + 1)]
    for _ in range(SWEEPS):
        row = {name: y for column in columns for y, name in enumerate(column)}
        for column in columns:
            column.sort(key=lambda name: _middle([row[start] for start, end in pairs if end == name], row[name]))
    return columns


def _middle(rows: Sequence[int], otherwise: int) -> float:
    return sum(rows) / len(rows) if rows else otherwise


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x, y = start[0] + WIDTH, start[1] + HEIGHT / 2
    to_x, to_y = end[0], end[1] + HEIGHT / 2
    head = f"M{to_x - 5} {to_y - 3}L{to_x} {to_y}L{to_x - 5} {to_y + 3}"
    return f'<path d="M{x} {y}C{x + 16} {y} {to_x - 16} {to_y} {to_x} {to_y}{head}"/>'


def _box(name: str, x: int, y: int) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4" stroke="currentColor"/>'
        f'<text x="{x + WIDTH / 2}" y="{y + HEIGHT / 2 + 4}" text-anchor="middle">{name}</text>'
    )
