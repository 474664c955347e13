"""YAML as a dissection file may have it: texts, numbers, truths, dates, lists and mappings, of a size one can read."""

from collections.abc import Mapping
from typing import Any

import yaml

from dagster_and.foundation.texts import whole

LARGEST_NUMBER = 10**300
"""Python does not write out integers of more than 4,300 digits, and no setting is that large."""
MERGE = "tag:yaml.org,2002:merge"
MOST_VALUES = 100_000
"""What a file may come to with every alias written out: a few lines of aliases of aliases mean billions."""


class PlainLoader(yaml.SafeLoader):
    """Plain YAML whose texts are :func:`whole` and have no zero byte, which no path may hold, and no key twice."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping; of a key that stands there twice PyYAML would take the last without a word."""
        node = super().compose_mapping_node(anchor)
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                if (key.tag, key.value) in seen:
                    said = f"the key {key.value[:80]!r} stands there twice"
                    raise yaml.constructor.ConstructorError(None, None, said, key.start_mark)
                seen.add((key.tag, key.value))
        return node

    def construct_text(self, node: yaml.ScalarNode) -> str:
        """A text."""
        text = whole(self.construct_scalar(node))
        if "\0" in text:
            raise yaml.constructor.ConstructorError(None, None, "a text holds a zero byte", node.start_mark)
        return text

    def construct_number(self, node: yaml.ScalarNode) -> int:
        """A whole number."""
        number = self.construct_yaml_int(node)
        if abs(number) > LARGEST_NUMBER:
            raise yaml.constructor.ConstructorError(None, None, "a number of over 300 digits", node.start_mark)
        return number


PlainLoader.add_constructor("tag:yaml.org,2002:str", PlainLoader.construct_text)
PlainLoader.add_constructor("tag:yaml.org,2002:int", PlainLoader.construct_number)
for _kind in ("binary", "omap", "pairs", "set"):  # bytes would pass for a text, with zero bytes and all
    PlainLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", PlainLoader.construct_undefined)


def read_yaml(text: str) -> Any:
    """What the text says.

    Raises:
        yaml.YAMLError: it is not YAML, or not plain.
        ValueError: it holds itself, or comes to more than :data:`MOST_VALUES` values; a date or number that can't be.
        RecursionError: it is too deep.
    """
    content = yaml.load(text, PlainLoader)
    if _values(content, {}) > MOST_VALUES:
        raise ValueError(f"with its aliases written out it has more than {MOST_VALUES} values")
    return content


def _values(content: Any, known: dict[int, int | None]) -> int:
    """Values with every alias written out; each list and mapping is counted once, and looked up after that."""
    if not isinstance(content, list | Mapping):
        return 1
    if id(content) not in known:
        known[id(content)] = None  # begun
        inner = content.values() if isinstance(content, Mapping) else content
        known[id(content)] = 1 + sum(_values(value, known) for value in inner)
    values = known[id(content)]
    if values is None:
        raise ValueError("a list or mapping holds itself, by an alias")
    return values
