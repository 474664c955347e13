"""A flow chart as Mermaid writes it, drawn as SVG: a browser would have to fetch Mermaid to draw it itself."""

import re
from collections.abc import Sequence
from itertools import pairwise

BLOCK = re.compile(r"```mermaid\n(.+?)```\n", re.DOTALL)
STEP_X, STEP_Y = 160, 52
WIDTH, HEIGHT = 124, 26
SWEEPS = 8


def drawn(text: str) -> str:
    """The text with every flow chart in it replaced by its picture, in the colour of the words around it."""
    return BLOCK.sub(lambda block: svg(edges(block[1])), text)


def edges(chart: str) -> list[tuple[str, str]]:
    """Pairs of names, in order: of ``a --> b --> c`` a and b, then b and c."""
    chains = [re.split(r"\s*-->\s*", line.strip()) for line in chart.splitlines() if "-->" in line]
    return [pair for chain in chains for pair in pairwise(chain)]


def svg(pairs: Sequence[tuple[str, str]]) -> str:
    """Boxes in rows, each below all that leads to it, and arrows between them."""
    rows = _rows(pairs)
    place = {name: (STEP_X * x, STEP_Y * y) for y, names in enumerate(rows) for x, name in enumerate(names)}
    size = (STEP_X * max(map(len, rows)), STEP_Y * len(rows))
    arrows = "".join(_arrow(place[start], place[end]) for start, end in pairs)
    boxes = "".join(_box(name, *corner) for name, corner in place.items())
    return (
        f'<div class="flow"><svg viewBox="-4 -4 {size[0]} {size[1]}" role="img" aria-label="{_in_words(pairs)}">'
        f'<g fill="none" stroke="currentColor">{arrows}</g>{boxes}</svg></div>\n'
    )


def _in_words(pairs: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{start} to {end}" for start, end in pairs)


def _rows(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Names by the longest way that leads to them; within a row near what leads there."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for start, end in pairs:
            depth[end] = max(depth[end], depth[start] + 1)
    rows = [[name for name in names if depth[name] == y] for y in range(max(depth.values()) + 1)]
    for _ in range(SWEEPS):
        column = {name: x for row in rows for x, name in enumerate(row)}
        for row in rows:
            row.sort(key=lambda name: _middle([column[start] for start, end in pairs if end == name], column[name]))
    return rows


def _middle(columns: Sequence[int], otherwise: int) -> float:
    return sum(columns) / len(columns) if columns else otherwise


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x, y = start[0] + WIDTH / 2, start[1] + HEIGHT
    to_x, to_y = end[0] + WIDTH / 2, end[1]
    head = f"M{to_x - 3} {to_y - 5}L{to_x} {to_y}L{to_x + 3} {to_y - 5}"
    if to_x == x and to_y - y > STEP_Y:  # around the boxes between
        return f'<path d="M{x} {y}C{x + WIDTH} {y + 20} {x + WIDTH} {to_y - 20} {to_x} {to_y}{head}"/>'
    return f'<path d="M{x} {y}C{x} {y + 20} {to_x} {to_y - 20} {to_x} {to_y}{head}"/>'


def _box(name: str, x: int, y: int) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4" stroke="currentColor"/>'
        f'<text x="{x + WIDTH / 2}" y="{y + HEIGHT / 2 + 4}" text-anchor="middle">{name}</text>'
    )
