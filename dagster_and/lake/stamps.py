"""What a table's file says of itself: the key of everything that it was made from."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

STAMP = b"dagster_and.stamp"


@dataclass(frozen=True)
class Stamp:
    """What a table was made from: its own key, and the keys of its inputs at that time by table name."""

    key: str
    inputs: Mapping[str, str]

    @classmethod
    def of(cls, metadata: Mapping[bytes, bytes] | None) -> "Stamp | None":
        """Out of a file's metadata; None where there is none that can be read."""
        try:
            return cls(**json.loads((metadata or {})[STAMP]))
        except (KeyError, ValueError, TypeError):
            return None

    @property
    def metadata(self) -> dict[bytes, str]:
        """For a file."""
        return {STAMP: json.dumps(asdict(self))}
