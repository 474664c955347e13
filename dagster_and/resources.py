"""What the assets are handed: the house (dissections, lake, folders)."""

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetRecordsFilter,
    ConfigurableResource,
    DataVersion,
    Failure,
    InitResourceContext,
    MaterializeResult,
    MetadataValue,
    RetryRequested,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    get_dagster_logger,
)
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._core.storage.tags import GRPC_INFO_TAG

from dagster_and.catalogue import ROWS_SHOWN, explorer_link, glimpse, shown_columns
from dagster_and.dissection import Dissection, find
from dagster_and.engine import Engine, engine_of
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.foundation.obstacles import obstacle
from dagster_and.lake.shared import Shared
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import TABLES, TARGETS, Table
from dagster_and.method.arrays.batches import Rows
from dagster_and.under_way import under_way

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dagster_and.describers import Describer
    from dagster_and.encoders import Encode
    from dagster_and.targets.hearing.feature_cache import FeatureCache
    from dagster_and.targets.target import Target

Content = pl.DataFrame | Iterable[pa.RecordBatch]
SAID_ANEW = ("dagster/row_count", "path", "reused", "first rows", "explorer")
"""Metadata of a table that is looked up each time."""


UP_TO_LABELS = (
    "probing_clips", "rejected_clips", "clip_acoustics", "clip_captions", "concepts", "atoms", "targets", "neurons",
    "activations", "neuron_labels", "label_parts",
)  # fmt: skip
"""What labels are made from, and they: made first, so that soon a neuron can be shown in words."""


def priority(table: Table) -> dict[str, str]:
    """Tags of the step that makes or checks a table: of those that could run, Dagster takes the most urgent."""
    return {"dagster/priority": "1"} if table.name in UP_TO_LABELS else {}


@contextmanager
def in_words() -> Iterator[None]:
    """What people can do something about, as the sentence that Dagster shows of a step that failed: a refusal, or what
    the machine has in the way. Any other error stays what it is.

    Raises:
        Failure: with that sentence; nothing is tried again.
    """
    try:
        yield
    except RetryRequested:
        raise
    except Exception as error:
        sentence = str(error) if isinstance(error, UserError) else obstacle(error)
        if sentence is None:
            raise
        raise Failure(sentence, allow_retries=False) from error


class House(ConfigurableResource):
    """Where everything lives, and the one way in which a table is made."""

    root: str
    lake_url: str | None = None

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator["House"]:
        """Itself; of a run in the code location it holds the file as long (``dissect run`` sees to its own)."""
        run = context.run
        is_there = run is not None and GRPC_INFO_TAG in run.tags
        with under_way(self.home, run.run_id) if run and is_there else nullcontext():
            yield self

    @property
    def home(self) -> Home:
        """The folders under ``AND_HOME``."""
        return Home(Path(self.root), self.lake_url)

    @property
    def lake(self) -> Lake:
        """The Parquet tables."""
        return Lake.of(self.home)

    @property
    def shared(self) -> Shared:
        """What other homes of the same lake need not make again."""
        return Shared.of(self.home)

    def dissection(self, name: str) -> Dissection:
        """The dissection file behind a partition key.

        Raises:
            UserError: there is none, or it is wrong.
        """
        return find(name, self.home)

    def target(self, dissection: Dissection, *, weights: bool = True) -> "Target":
        """The network that the dissection's table ``targets`` names, on the device that it is to run on; without its
        weights to look at its layers only. Where workers run it, it stays here on the CPU, and they open their own.

        Raises:
            UserError: it can't be opened, or the device isn't there.
        """
        from dagster_and.devices.choosing import placement_of
        from dagster_and.targets.opening import open_dissected

        checkpoint = self.lake.read(TARGETS, dissection.name)["checkpoint"][0]
        target = open_dissected(dissection, checkpoint, weights=weights, shared=self.shared)
        if not weights:
            return target
        devices = self.engine(dissection).devices
        placement = placement_of(dissection.compute, devices)
        return target.placed(placement) if devices is None else replace(target, placement=placement)

    def features(self, dissection: Dissection, target: "Target") -> "FeatureCache":
        """What the target hears of clips, kept in the home."""
        from dagster_and.targets.hearing.feature_cache import FeatureCache

        return FeatureCache(self.home.cache / "features", target.frontend, dissection.window_s, self.shared)

    def engine(self, dissection: Dissection) -> Engine:
        """Who does the dissection's heavy work; Dagster's log is told how far it is.

        Raises:
            UserError: the scheduler that is asked for, or a worker of it, can't do it.
        """
        return engine_of(dissection.compute, self.lake, get_dagster_logger().info)

    def activations(self, name: str, label: str, device: str = "cpu") -> Rows:
        """Rows of a dissection's table ``activations``, to be worked on by its engine.

        Args:
            name: of the dissection.
            label: the room that they are read for.
            device: that the work needs.

        Raises:
            UserError: as :meth:`engine`, or the table has not been made.
        """
        return self.engine(self.dissection(name)).activations(self.lake, name, label, device)

    def device_of(self, dissection: Dissection) -> str:
        """Where the dissection's scores are computed in float64.

        Raises:
            UserError: the device isn't there.
        """
        from dagster_and.devices.choosing import placement_of

        return placement_of(dissection.compute, self.engine(dissection).devices).exact_device

    def describer(self, dissection: Dissection) -> "Describer":
        """Who puts the dissection's clips into words; its answers so far lie in the home.

        Raises:
            UserError: the section ``describer`` names a server or a key that can't be used.
        """
        from dagster_and.describers import open_describer

        return open_describer(dissection, self.home, self.encoding_by("minilm"))

    def encoding_by(self, name: str) -> "Encode":
        """Texts to unit embeddings by that encoder; what it has encoded before in this home it does not encode again.

        Raises (when called):
            UserError: there is no such model.
        """
        from dagster_and.encoders import encoding_by

        return encoding_by(name, self.home.cache / "embeddings", self.shared)

    def materialise(
        self,
        context: AssetExecutionContext,
        table: Table,
        make: Callable[[], Content],
        *settings: Any,
        describe: Callable[[pl.DataFrame], dict[str, Any]] | None = None,
        described_columns: list[str] | None = None,
        unread: Sequence[Table] = (),
    ) -> MaterializeResult:
        """Write a table of the partition, unless the one that is there was made from the very same things.

        The key covers the asset's code version, ``settings`` (wherever the home lies), and the keys of the upstream
        tables that the asset declares, but for those that are ``unread`` with the dissection's settings; so what
        Dagster draws as lineage is what decides about staleness. ``describe`` gives more metadata from the table, or
        from ``described_columns`` of it where the whole may not fit into memory; of a table that is there already
        Dagster is asked what it was told when that was made.
        """
        dissection = context.partition_key
        asset_key = AssetKey([table.name])
        upstream = {key.path[-1] for key in context.assets_def.asset_deps[asset_key]} - {t.name for t in unread}
        stamps = self.lake.stamps(dissection, [t for t in TABLES if t.name in upstream])
        inputs = {name: stamp.key for name, stamp in stamps.items() if stamp}
        version = context.assets_def.code_versions_by_key.get(asset_key)
        key = digest(table.name, version, inputs, self.home.portable([_plain(s) for s in settings]))
        reused = self.lake.stamp(table, dissection) == Stamp(key, inputs)
        if not reused:
            self.lake.write(table, dissection, make(), Stamp(key, inputs))
        metadata = self._metadata(table, dissection, reused)
        if describe:
            shown = _shown_before(context, asset_key, key) if reused else None
            metadata |= describe(self.lake.read(table, dissection, described_columns)) if shown is None else shown
        return MaterializeResult(asset_key=asset_key, data_version=DataVersion(key), metadata=metadata)

    def _metadata(self, table: Table, dissection: str, reused: bool) -> dict[str, Any]:
        rows, first = self.lake.glimpse(table, dissection, ROWS_SHOWN, shown_columns(table))
        link = explorer_link(table, dissection)
        return {
            "dagster/row_count": rows,
            "path": MetadataValue.path(self.lake.location(table, dissection)),
            "reused": MetadataValue.bool(reused),
            "first rows": glimpse(first),
            **({"explorer": link} if link else {}),
        }


def _shown_before(context: AssetExecutionContext, asset_key: AssetKey, key: str) -> dict[str, Any] | None:
    """What Dagster was told of the table of that key, but for what :meth:`House._metadata` says anew.

    Pictures are not drawn twice, and the libraries that draw them not loaded. None where Dagster knows nothing of it.
    """
    filtered = AssetRecordsFilter(asset_key=asset_key, asset_partitions=[context.partition_key])
    records = context.instance.fetch_materializations(filtered, limit=1).records
    told = records[0].asset_materialization if records else None
    if told is None or (told.tags or {}).get(DATA_VERSION_TAG) != key:
        return None
    return {name: value for name, value in told.metadata.items() if name not in SAID_ANEW}


def column_schema(table: Table) -> TableSchema:
    """A table's contract as Dagster shows it."""
    return TableSchema(
        [
            TableColumn(
                column.name,
                str(column.type),
                description=column.description,
                constraints=TableColumnConstraints(nullable=column.nullable, unique=table.key == (column.name,)),
            )
            for column in table.columns
        ]
    )


def picture(draw: "Callable[..., Figure]", *tables: Any) -> MetadataValue:
    """What a figure of these tables looks like, inline in the UI; where there is nothing to draw, why."""
    from dagster_and.figures import NOT_DRAWN, NothingToDrawError

    try:
        figure = draw(*tables)
    except NothingToDrawError as nothing:
        return MetadataValue.text(f"{NOT_DRAWN}: {nothing}")
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=140)
    return _inline(buffer.getvalue())


def picture_file(path: Path) -> MetadataValue:
    """A PNG file, inline in the UI."""
    return _inline(path.read_bytes())


def _inline(png: bytes) -> MetadataValue:
    return MetadataValue.md(f"![figure](data:image/png;base64,{base64.b64encode(png).decode()})")


def _plain(setting: Any) -> Any:
    return setting.model_dump(mode="json") if hasattr(setting, "model_dump") else setting
