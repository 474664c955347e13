"""A dissection in the layout that Neuronpedia exports and imports: a folder a source, gzipped JSON a row.

``<model>/<source>/`` with ``release``, ``model``, ``sourceset`` and ``source.jsonl``, ``features/``, ``explanations/``
and ``activations/`` (https://docs.neuronpedia.org/api-and-data/exports). A source is a layer, a feature a neuron, an
activation a clip of it, and a clip is one token: its caption.
"""

import gzip
import json
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import new_folder
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.warehouse.reading import dissection_meant, reading

CREATOR = "clkht01d40000jv08hvalcvly"
"""The user under whom Neuronpedia's own tools import what has no other."""
BINS = 20
DETAILS = ("trust_low", "trust_high", "trust_q_value", "trust_clips", "verdict", "statement_writer")
"""What goes with a score."""


def export_neuronpedia(home: Home, name: str, folder: Path) -> None:
    """Write a new folder, whole or not at all.

    Raises:
        UserError: the folder is there already, or the warehouse or the lake holds no such dissection.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already: write the path of a new folder.")
    with reading(home.warehouse) as connection:
        name = dissection_meant(connection, name)
        facts = connection.sql("from dim_dissections where dissection = ?", params=[name]).pl().row(0, named=True)
        neurons = connection.sql(
            """
            select told.*, dim_neurons.activation_minimum, dim_neurons.activation_maximum
            from neuron_descriptions as told inner join dim_neurons using (dissection, neuron_id)
            where told.dissection = ? order by neuron_id
            """,
            params=[name],
        ).pl()
        clips = connection.sql(
            "from fct_top_clips where dissection = ? and direction = 'highest' order by neuron_id, rank", params=[name]
        ).pl()
    neurons = neurons.join(shapes(Lake.of(home), name), on="neuron_id")
    model, now = slug(facts["target"]), datetime.now(UTC).isoformat()
    prefix = digest(name, facts["weights_sha256"])[:12]
    with new_folder(folder) as made:
        for layer in neurons.partition_by("block_index", "sublayer", maintain_order=True):
            block, sublayer = layer["block_index"][0], layer["sublayer"][0]
            source_set = slug(f"and-{sublayer}-{name}")
            source = f"{block}-{source_set}"
            place = made / model / source
            of_layer = layer.with_columns(
                modelId=pl.lit(model), layer=pl.lit(source), index=pl.col("neuron_index").cast(pl.String)
            )
            _write_about(place, facts, layer, model, source_set, source, now)
            _write(place / "features", _features(of_layer, source_set, now))
            explained = _explanations(of_layer, prefix, now)
            _write(place / "explanations", explained.drop("value", "details"))
            _write(place / "scores", _scores(explained, now))
            _write(place / "activations", _activations(clips, of_layer, prefix, name, now))


def slug(name: str) -> str:
    """A name as an id of Neuronpedia: small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"


def shapes(lake: Lake, name: str) -> pl.DataFrame:
    """How each neuron's activations are spread, from the lake a row group at a time.

    Returns:
        by ``neuron_id`` the share of clips on which it is above 0 (``frac_nonzero``), and a histogram: ``BINS`` counts
        of clips and the middles of their bins.

    Raises:
        UserError: the table has not been made.
    """
    frames = []
    for batch in lake.batches(ACTIVATIONS, name):
        rows = np.nan_to_num(batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1))
        low, high = rows.min(axis=1, keepdims=True), rows.max(axis=1, keepdims=True)
        width = np.where(high > low, high - low, 1)
        place = np.minimum(((rows - low) / width * BINS).astype(np.int64), BINS - 1)
        place += BINS * np.arange(len(rows))[:, None]
        heights = np.bincount(place.ravel(), minlength=BINS * len(rows)).reshape(-1, BINS)
        frames.append(
            pl.DataFrame(
                {
                    "neuron_id": batch.column("neuron_id").to_numpy(),
                    "frac_nonzero": (rows > 0).mean(axis=1),
                    "freq_hist_data_bar_heights": pl.Series(heights.astype(np.float64)).cast(pl.List(pl.Float64)),
                    "freq_hist_data_bar_values": pl.Series(
                        (low + width * (np.arange(BINS) + 0.5) / BINS).astype(np.float64)
                    ).cast(pl.List(pl.Float64)),
                }
            )
        )
    return pl.concat(frames)


def _features(neurons: pl.DataFrame, source_set: str, now: str) -> pl.DataFrame:
    return neurons.select(
        "modelId", "layer", "index", pl.lit(source_set).alias("sourceSetName"), pl.lit(CREATOR).alias("creatorId"),
        pl.lit(now).alias("createdAt"), pl.col("activation_maximum").alias("maxActApprox"),
        pl.col("layer_name").alias("hookName"), "frac_nonzero", "freq_hist_data_bar_heights",
        "freq_hist_data_bar_values",
    )  # fmt: skip


def _explanations(neurons: pl.DataFrame, prefix: str, now: str) -> pl.DataFrame:
    """A row a neuron of which something is said; ``value`` and ``details`` are its score's."""
    said = pl.coalesce("statement", "label", "description")
    trust = pl.format(
        "AUROC {} ({} to {}) on clips that did not make it",
        *(pl.col(f"trust{end}").round(3) for end in ("", "_low", "_high")),
    )
    return neurons.filter(said.is_not_null()).select(
        pl.format("c{}e{}", pl.lit(prefix), _padded("neuron_id")).alias("id"), "modelId", "layer", "index",
        said.alias("description"), pl.lit(CREATOR).alias("authorId"),
        pl.concat_str(pl.col("verdict"), trust, separator=": ", ignore_nulls=True).alias("notes"),
        pl.lit(None, pl.String).alias("typeName"), pl.lit(None, pl.String).alias("explanationModelName"),
        pl.lit(now).alias("createdAt"), pl.lit(now).alias("updatedAt"),
        pl.col("trust").alias("value"),
        pl.struct(*DETAILS).struct.json_encode().alias("details"),
    )  # fmt: skip


def _scores(explained: pl.DataFrame, now: str) -> pl.DataFrame:
    return explained.filter(pl.col("value").is_not_null()).select(
        pl.format("s{}", pl.col("id")).alias("id"), pl.col("id").alias("explanationId"), "value",
        pl.lit("and_auroc_held_out").alias("explanationScoreTypeName"),
        pl.lit("none").alias("explanationScoreModelName"), pl.lit(CREATOR).alias("initiatedByUserId"),
        pl.col("details").alias("jsonDetails"), pl.lit(now).alias("createdAt"),
    )  # fmt: skip


def _activations(clips: pl.DataFrame, neurons: pl.DataFrame, prefix: str, name: str, now: str) -> pl.DataFrame:
    of_layer = clips.join(
        neurons.select("neuron_id", "modelId", "layer", "index", "activation_minimum"), on="neuron_id",
        maintain_order="left",
    )  # fmt: skip
    return of_layer.select(
        pl.format("c{}a{}{}", pl.lit(prefix), _padded("neuron_id"), _padded("rank", 3)).alias("id"),
        pl.concat_list(pl.coalesce("caption", "filename")).alias("tokens"), "index", "layer", "modelId",
        pl.lit(name).alias("dataSource"), pl.col("filename").alias("dataIndex"),
        pl.col("activation").alias("maxValue"), pl.lit(0).alias("maxValueTokenIndex"),
        pl.col("activation_minimum").alias("minValue"), pl.concat_list("activation").alias("values"),
        pl.lit(CREATOR).alias("creatorId"), pl.lit(now).alias("createdAt"),
    )  # fmt: skip


def _padded(column: str, digits: int = 7) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.zfill(digits)


def _write_about(
    place: Path, facts: dict[str, Any], layer: pl.DataFrame, model: str, source_set: str, source: str, now: str
) -> None:
    """The four files of one row each: what the neurons are of."""
    name = facts["dissection"]
    by = {"creatorId": CREATOR, "createdAt": now}
    of_release = {"creatorName": "dagster-and", "urls": []}
    about = {
        "release": {
            "name": slug(f"and-{name}"), "visibility": "PUBLIC", **of_release, **by,
            "description": f"Audio Network Dissection of {facts['target']} on {facts['clips']} clips ({name})",
        },
        "model": {
            "id": model, "displayName": facts["target"], "displayNameShort": facts["target"], "instruct": False,
            "visibility": "PUBLIC", "layers": facts["blocks"], "neuronsPerLayer": layer.height, "owner": "",
            "updatedAt": now, **by,
        },
        "sourceset": {
            "modelId": model, "name": source_set, "visibility": "PUBLIC", "hasDashboards": True,
            "description": f"{layer['sublayer'][0]}, dissected on {name}", "releaseName": slug(f"and-{name}"),
            **of_release, **by,
        },
        "source": {
            "id": source, "modelId": model, "setName": source_set, "visibility": "PUBLIC", "hasDashboards": True,
            "dataset": name, "num_prompts": facts["clips"], "num_tokens_in_prompt": 1, **by,
        },
    }  # fmt: skip
    place.mkdir(parents=True)
    for file, row in about.items():
        (place / f"{file}.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(place: Path, rows: pl.DataFrame) -> None:
    """Rows as JSON, one a line, gzipped."""
    place.mkdir()
    written = BytesIO()
    rows.write_ndjson(written)
    (place / "batch-0.jsonl.gz").write_bytes(gzip.compress(written.getvalue(), mtime=0))
