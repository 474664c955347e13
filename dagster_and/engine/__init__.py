"""Who does the heavy rooms' work: this machine, or the workers of a Dask scheduler. What is done is not known here."""

from dagster_and.engine.choosing import engine_of
from dagster_and.engine.local import HERE, Local
from dagster_and.engine.protocol import Engine

__all__ = ["HERE", "Engine", "Local", "engine_of"]
