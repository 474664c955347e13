"""Pages: the interface in Python and the functions of the method, from their source: signatures and docstrings."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dagster_and.foundation.home import REPOSITORY
from dagster_and.foundation.rooms import ROOMS
from manual.reference.rows import plain

INTERFACE = """# Python

Made from the code: `import dagster_and as and_`. [In Python](../python.md) shows it at work. What can't be done
raises `dagster_and.foundation.errors.UserError` with one sentence.
"""
METHOD = """# The method's functions

Made from the code. `dagster_and.method` is pure: arrays, tensors and tables go in and come out; no files, no network,
no Dagster. Axes have names: "clip neuron" is one row per clip and one column per neuron. Room by room, then what
rooms share.
"""
PACKAGE = REPOSITORY / "dagster_and"
CLASSES = {"OpenHouse": "house", "Dissected": "dissected", "Neuron": "neuron", "Plots": "plots"}
ROLE = re.compile(r":\w+:`~?([^`]+)`")
LITERAL = re.compile(r"(?<!`)``([^`]+)``(?!`)")
FIELD = re.compile(r"(\*{0,2}\w+)(?: \([^)]*\))?:(?: |$)")
PARTS = re.compile(r"(Args|Returns|Raises|Yields|Examples)( \(.+\))?:")
LONGEST = 100
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def interface_page() -> str:
    """What ``import dagster_and as and_`` gives, class by class."""
    (opening,) = public(_parsed(PACKAGE / "__init__.py"))
    parts = [INTERFACE, _described(opening, "dagster_and", 2)]
    for name, file in CLASSES.items():
        (found,) = [one for one in public(_parsed(PACKAGE / "notebook" / f"{file}.py")) if one.name == name]
        parts += [_described(found, "", 2), *(_described(member, name, 3) for member in public(found))]
    return "\n".join(parts)


def method_page() -> str:
    """Every public function and class of the method."""
    parts = [METHOD]
    for package in method_packages():
        modules = {file.stem: _parsed(file) for file in sorted(package.glob("*.py"))}
        for name, module in modules.items():
            if public(module):
                parts += [f"## `{package.name}.{name}`\n", _words(module)]
                parts += [_described(one, "", 3) for one in public(module)]
    return "\n".join(parts)


def method_packages() -> list[Path]:
    """Its rooms in their order, then what they share."""
    found = [path for path in (PACKAGE / "method").iterdir() if (path / "__init__.py").exists()]
    return sorted(found, key=lambda path: (ROOMS.index(path.name) if path.name in ROOMS else len(ROOMS), path.name))


def public(scope: ast.Module | Definition) -> list[Definition]:
    """What a module or class defines for others, in its order."""
    return [one for one in scope.body if isinstance(one, Definition) and not one.name.startswith("_")]


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _described(one: Definition, owner: str, level: int) -> str:
    name = f"{owner}.{one.name}" if owner else one.name
    return f"{'#' * level} `{name}`\n\n{_signature(one)}{_words(one)}"


def _signature(one: Definition) -> str:
    """As it stands in the code, a parameter a line where it is long; of a class its fields."""
    if isinstance(one, ast.ClassDef):
        told = "\n".join(ast.unparse(line) for line in one.body if isinstance(line, ast.AnnAssign))
    elif any(ast.unparse(decorator) == "property" for decorator in one.decorator_list):
        told = f"{one.name}: {_returned(one)}"
    else:
        told = _call(one)
    return f"```python\n{told}\n```\n\n" if told else ""


def _call(one: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    taken = one.args
    for first in (taken.posonlyargs + taken.args)[:1]:
        if first.arg in ("self", "cls"):
            taken.args = taken.args[1:]
    whole = f"{one.name}({ast.unparse(taken)}) -> {_returned(one)}"
    if len(whole) <= LONGEST:
        return whole
    return f"{one.name}(\n    {_a_line_each(taken)}\n) -> {_returned(one)}"


def _a_line_each(taken: ast.arguments) -> str:
    """Parameters on lines of their own; a comma within brackets or quotes parts nothing."""
    parted = re.split(r", (?=\*|\w+:|\w+(?:,|$)|/)(?![^\[]*\])", ast.unparse(taken))
    return ",\n    ".join(parted)


def _returned(one: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    told = ast.unparse(one.returns) if one.returns else "None"
    return told.strip("'")


def _words(thing: ast.Module | Definition) -> str:
    """A docstring as Markdown: its parts as lists, its examples as code."""
    lines, part = [], ""
    for line in (ast.get_docstring(thing) or "").splitlines():
        if found := PARTS.fullmatch(line.strip()):
            part = found[1]
            lines += ["", f"**{line.strip().removesuffix(':')}**", "", *(["```python"] if part == "Examples" else [])]
        else:
            lines += _line(line, part)
    if part == "Examples":
        lines = [*_without_blank_end(lines), "```"]
    told = ROLE.sub(r"`\1`", LITERAL.sub(r"`\1`", "\n".join(lines)))
    return re.sub(r"\n{3,}", "\n\n", told) + "\n"


def _line(line: str, part: str) -> Sequence[str]:
    if part == "Examples":
        return [line.removeprefix("    ")]
    if part in ("Args", "Raises") and line.strip():
        return list(_entry(line))
    return [line.strip() if part else line.replace("<", "&lt;")]


def _entry(line: str) -> Iterator[str]:
    """A line below Args or Raises: a point of the list, or the rest of one."""
    field = FIELD.match(line.strip()) if len(line) - len(line.lstrip()) <= 4 else None
    yield f"- `{field[1]}`: {plain(line.strip()[field.end() :])}" if field else f"    {plain(line)}"


def _without_blank_end(lines: list[str]) -> list[str]:
    return lines if lines[-1].strip() else _without_blank_end(lines[:-1])
