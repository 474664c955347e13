"""What is said about a field that is wrong: one sentence that says what to write instead."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from dagster_and.dissection.dissection import Dissection
from dagster_and.dissection.section import Section

NEVER_SHOWN = ("api_key_env", "base_url")
"""Fields that a key or a password may have been written into by mistake."""

LONGEST_SHOWN = 200
"""Characters of what was written that a sentence repeats."""
MOST_TOLD = 10
NO_SECTION = ("model_type", "model_attributes_type", "dict_type", "dataclass_type")
"""What pydantic calls a value that is no mapping, in words about its own classes."""


def sentences(errors: Sequence[Any]) -> list[str]:
    """Pydantic's errors, a sentence each: the first of them, and how many more there are."""
    more = len(errors) - MOST_TOLD
    return [sentence(error) for error in errors[:MOST_TOLD]] + ([f"and {more} more are wrong"] if more > 0 else [])


def shortened(text: str, longest: int = LONGEST_SHOWN) -> str:
    """A text, or its beginning where all of it would make a sentence unreadable."""
    return text if len(text) <= longest else f"{text[:longest]}..."


def sentence(error: Any) -> str:
    """One of pydantic's errors as a sentence."""
    kinds = ("constrained-", "literal[")  # which of several kinds of a value was tried: no place in the file
    location = [_printable(str(part)) for part in error["loc"] if not str(part).startswith(kinds)]
    where = ".".join(location)
    if error["type"] == "extra_forbidden":
        return f"unknown key {where}; write one of {', '.join(_known_keys(location))}"
    if error["type"] == "missing":
        return f"{where} is missing; add it, as in dissections/ast-demo.yaml"
    if error["type"].startswith("union_tag"):
        tag = {"probing": "layout", "describer": "kind"}.get(where, "family")
        expected = error.get("ctx", {}).get("expected_tags", "")
        return f"{where}.{tag} must be one of {expected or 'the known ones'}"
    if error["type"] in NO_SECTION:
        return f"{where} must be a section of settings, as in dissections/ast-demo.yaml"
    message = error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    is_shown = isinstance(given, str | int | float) and location[-1] not in NEVER_SHOWN
    shown = f" (it is {shortened(repr(given))})" if is_shown else ""
    return (f"{where}: " if where else "") + f"{message[0].lower() + message[1:]}{shown}"


def _printable(key: str) -> str:
    """A key as one line."""
    return shortened(key if key.isprintable() else repr(key))


def _known_keys(location: list[str]) -> list[str]:
    """Fields of the section that the location lies in; of several kinds of a section, the one whose tag is named."""
    models = [Dissection] if len(location) == 1 else list(_sections(Dissection.model_fields[location[0]].annotation))
    for model in models:
        tags = {str(v) for f in ("layout", "family", "kind") if f in model.model_fields for v in _literals(model, f)}
        if not tags or set(location) & tags:
            return [name for name, field in model.model_fields.items() if not field.exclude]
    return []


def _sections(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections(argument)


def _literals(model: type[Section], field: str) -> tuple[Any, ...]:
    return get_args(model.model_fields[field].annotation)
