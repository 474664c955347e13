"""What every asset that writes a table has in common."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetSpec,
    Backoff,
    Jitter,
    RetryPolicy,
    RetryRequested,
    StaticPartitionsDefinition,
    asset,
    multi_asset,
)

from dagster_and.catalogue import OWNERS, tags
from dagster_and.dissection import load_all
from dagster_and.foundation.home import Home
from dagster_and.foundation.obstacles import is_passing
from dagster_and.foundation.rooms import group_name
from dagster_and.jobs import ATTENDED
from dagster_and.lake.tables import Table
from dagster_and.resources import House, column_schema, in_words, priority

DISSECTIONS = StaticPartitionsDefinition(sorted(load_all(Home.from_environment())[0]))
"""One partition a dissection file; a new file shows up when the code location is reloaded."""
PATIENCE = RetryPolicy(max_retries=4, delay=30, backoff=Backoff.EXPONENTIAL, jitter=Jitter.PLUS_MINUS)
"""How often a step is tried again that failed for what may pass, and after how many seconds: eight minutes in all."""


def table_spec(
    table: Table, *, deps: Sequence[Table] = (), code_version: str, kinds: Sequence[str] = (), note: str = ""
) -> AssetSpec:
    """The asset of one Parquet table: its key is the table's name, its group the room."""
    return AssetSpec(
        table.name,
        deps=[dep.name for dep in deps],
        description=" ".join(filter(None, [table.description, note])),
        group_name=group_name(table.room),
        kinds={"parquet", *kinds},
        owners=OWNERS,
        tags=tags(table.room),
        code_version=code_version,
        metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": table.name},
        partitions_def=DISSECTIONS,
    )


def table_asset(table: Table, *, pool: str | None = None, **spec: Any) -> Callable:
    """Decorator for the asset of one table; ``pool`` is one of ``catalogue``'s, the rest as :func:`table_spec`."""
    described = table_spec(table, **spec)
    return lambda make: asset(
        key=described.key,
        deps=list(described.deps),
        description=described.description,
        group_name=described.group_name,
        kinds=described.kinds,
        owners=described.owners,
        tags=tags(table.room),
        code_version=described.code_version,
        metadata=described.metadata,
        op_tags=priority(table),
        pool=pool,
        partitions_def=DISSECTIONS,
    )(patient(make))


def tables_asset(name: str, specs: Iterable[AssetSpec], urgent: Table | None = None) -> Callable:
    """Decorator for a step that writes several tables; ``urgent``: the one whose priority it has."""
    op_tags = priority(urgent) if urgent else None
    return lambda make: multi_asset(name=name, specs=list(specs), op_tags=op_tags)(patient(make))


def patient(make: Callable) -> Callable:
    """What makes tables, tried again by Dagster where it failed for what may pass, and only then.

    Not by an op's own retry policy: that also tries again what was interrupted, or what nobody can mend by waiting.
    """

    @wraps(make)
    def at_once(context: AssetExecutionContext, house: House) -> Any:
        with _judged(context):
            return make(context, house)

    @wraps(make)
    def one_by_one(context: AssetExecutionContext, house: House) -> Iterator[Any]:
        with _judged(context):
            yield from make(context, house)

    return one_by_one if isgeneratorfunction(make) else at_once


@contextmanager
def _judged(context: AssetExecutionContext) -> Iterator[None]:
    """A sentence for people as Dagster shows it; and a request to try again, unless somebody sits before the run."""
    with in_words():
        try:
            yield
        except Exception as error:
            if not is_passing(error) or ATTENDED in context.run.tags:
                raise
            wait = PATIENCE.calculate_delay(context.retry_number + 1)
            raise RetryRequested(max_retries=PATIENCE.max_retries, seconds_to_wait=wait) from error
