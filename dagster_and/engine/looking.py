"""What a worker says of itself before work: it is run there. Nothing of Dask is needed."""

from dataclasses import dataclass

from dagster_and.foundation.software import software
from dagster_and.lake.store import SCHEMA_PARTITION, Lake
from dagster_and.lake.tables import TARGETS

SEEN = "seen_by_workers"


@dataclass(frozen=True)
class Look:
    """The software that runs there, and what is noted in the lake that lies there."""

    software: dict[str, str]
    noted: str | None


def look(lake: Lake) -> Look:
    """As it is where this is run."""
    return Look(software(), lake.noted(TARGETS, SCHEMA_PARTITION, SEEN))


def show(lake: Lake, token: str) -> None:
    """Note in the lake what whoever looks has to find."""
    lake.note(TARGETS, SCHEMA_PARTITION, SEEN, token)
