"""Page: every key of the dissection file, from its pydantic sections."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen, MinLen, MultipleOf
from pydantic.fields import FieldInfo

from dagster_and.dissection import Dissection, Section
from manual.reference.rows import table

OPENING = """# Every key of a dissection file

Made from the code. Sections in the order of the file; what has no default must be written. An unknown key is refused.
[The dissection file](../dissections.md) shows one whole.
"""
PLAIN = {str: "text", int: "whole number", float: "number", bool: "yes or no"}
SIGNS = {
    Ge: ("ge", "≥"),
    Gt: ("gt", ">"),
    Le: ("le", "≤"),
    Lt: ("lt", "<"),
    MultipleOf: ("multiple_of", "a multiple of"),
}
TAGS = ("layout", "family", "kind")
LENGTHS = {MinLen: ("min_length", "at least"), MaxLen: ("max_length", "at most")}


def dissection_file() -> str:
    """The whole page."""
    parts = [OPENING, _described("The file", Dissection, {"folder"})]
    for name, field in Dissection.model_fields.items():
        parts += [_described(heading, section) for heading, section in _sections(name, field.annotation)]
    return "\n".join(parts)


def _sections(path: str, annotation: Any) -> Iterator[tuple[str, type[Section]]]:
    """Heading and class of every section below a key: one for each kind that it may be of."""
    kinds = [kind for kind in _alternatives(annotation) if _is_section(kind)]
    for kind in kinds:
        tags = _tags(kind)
        yield (f"`{path}`: {', '.join(tags)}" if tags and len(kinds) > 1 else f"`{path}`"), kind
        for name, field in kind.model_fields.items():
            yield from _sections(f"{path}.{name}", field.annotation)


def _tags(section: type[Section]) -> list[str]:
    """The values by which a section of several kinds is known."""
    fields = section.model_fields
    tag = next((name for name in TAGS if name in fields), None)
    return [str(value) for value in get_args(fields[tag].annotation)] if tag else []


def _described(heading: str, section: type[Section], left_out: frozenset[str] | set[str] = frozenset()) -> str:
    rows = [_row(name, field) for name, field in section.model_fields.items() if name not in left_out]
    words = " ".join((section.__doc__ or "").split())
    return f"## {heading}\n\n{words}\n\n{table(['key', 'value', 'default', 'what it is'], rows)}\n"


def _row(name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    bounds = ", ".join(_bounds(field.metadata))
    kind = _kind(field.annotation) + (f", {bounds}" if bounds else "")
    return name, kind, _default(field), field.description or _first_words(field.annotation)


def _first_words(annotation: Any) -> str:
    """Of a section its own words, of one of several kinds what tells them apart, of that tag what it does."""
    sections = [kind for kind in _alternatives(annotation) if _is_section(kind)]
    if not sections:
        return "Which kind of section this is."
    if len(sections) == 1:
        return sections[0].__doc__ or ""
    return f"One of several kinds: {', '.join(tag for kind in sections for tag in _tags(kind))}."


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be written"
    if any(map(_is_section, _alternatives(field.annotation))) and field.default_factory is not None:
        return "the section's own"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    if value == "":
        return "empty"
    return yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("\n...\n").strip()


def _kind(annotation: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        bounds = ", ".join(_bounds(inner[1:]))
        return _kind(inner[0]) + (f" ({bounds})" if bounds else "")
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_kind(one) for one in inner))
    if origin is Literal:
        return ", ".join(str(value) for value in inner)
    if origin is tuple:
        return f"list of {_kind(inner[0])}"
    if annotation is NoneType:
        return "null"
    return "section" if _is_section(annotation) else PLAIN[annotation]


def _bounds(metadata: Any) -> Iterator[str]:
    for one in metadata:
        if sign := SIGNS.get(type(one)):
            yield f"{sign[1]} {getattr(one, sign[0]):,}"
        elif length := LENGTHS.get(type(one)):
            yield f"{length[1]} {getattr(one, length[0])} of them"
        elif isinstance(one, FieldInfo):
            yield from _bounds(one.metadata)
        elif isinstance(one, Len):
            yield f"at least {one.min_length} of them"


def _alternatives(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Annotated, Union, UnionType):
        for one in get_args(annotation):
            yield from _alternatives(one)
    else:
        yield annotation


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)
