"""The contract of every Parquet table: grain, key, columns.

One place says what a table holds. The lake writes and reads by it, the zero-row schema files come from it, Dagster
shows it as the asset's column schema, and tests hold the dbt sources and the Great Expectations suites against it.
The column ``dissection`` is the partition key; it is the folder's name (hive layout) and not stored inside the files.
"""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, what it means (with unit), and whether it may be null."""

    name: str
    type: pa.DataType
    description: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the lake. ``grain`` completes "One row per ..."; ``key`` names the identifying columns."""

    name: str
    room: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of the files, without the partition column."""
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])

    @property
    def frame_schema(self) -> pl.Schema:
        """The same as a polars schema."""
        return pl.Schema(self.schema)

    @property
    def description(self) -> str:
        """The sentence that opens every description of this table."""
        return f"One row per {self.grain}."


INT = pa.int32()
REAL = pa.float64()
TEXT = pa.string()
FLAG = pa.bool_()

PROBING_CLIPS = Table(
    "probing_clips",
    room="probing",
    grain="usable clip of the probing set",
    key=("clip_id",),
    columns=(
        Column("clip_id", INT, "Position of the clip in the probing set, 0..n-1, in stable order of file name."),
        Column("filename", TEXT, "File name relative to the probing set's audio folder."),
        Column("path", TEXT, "Absolute path of the audio file when it was read."),
        Column("sha256", TEXT, "SHA-256 of the audio file's bytes, 64 hex digits."),
        Column("label", TEXT, "Class of the clip as the dataset names it."),
        Column("fold", INT, "Cross-validation fold; null where the dataset has none.", nullable=True),
        Column("duration_s", REAL, "Duration of the file in seconds, before padding or cropping."),
        Column(
            "window_s",
            REAL,
            "Length in seconds that the target hears: longer clips are cropped at the end, "
            "shorter ones padded with silence that never counts in pooling.",
        ),
        Column("is_cropped", FLAG, "Whether the file is longer than the window."),
        Column("is_padded", FLAG, "Whether the file is shorter than the window."),
        Column("sample_rate_hz", INT, "Sample rate of the file in Hz, before resampling."),
        Column("channels", INT, "Channels of the file, before mixing down to mono."),
        Column(
            "rms_dbfs", REAL, "Root mean square level of the mono mix within the window, dB relative to full scale."
        ),
        Column(
            "true_loudness_dbfs",
            REAL,
            "Sound bank only: level of the sounding part that the generator set, dBFS.",
            nullable=True,
        ),
        Column(
            "true_pitch_hz",
            REAL,
            "Sound bank only: fundamental frequency in Hz; null for unpitched sounds.",
            nullable=True,
        ),
        Column(
            "true_brightness_hz",
            REAL,
            "Sound bank only: spectral centroid of the sound before the noise floor, Hz.",
            nullable=True,
        ),
        Column(
            "true_tonality", REAL, "Sound bank only: share of tonal energy, 0 (noise) to 1 (pure tone).", nullable=True
        ),
        Column(
            "true_events_per_s", REAL, "Sound bank only: onsets per second; 0 for a continuous sound.", nullable=True
        ),
        Column(
            "true_regularity",
            REAL,
            "Sound bank only: share of the gaps between onsets within 15 % of the median gap.",
            nullable=True,
        ),
        Column("true_attack_ms", REAL, "Sound bank only: rise time of one event in milliseconds.", nullable=True),
        Column(
            "true_steadiness",
            REAL,
            "Sound bank only: 1 for a level that never changes, 0 for bursts in silence.",
            nullable=True,
        ),
        Column("dataset_caption", TEXT, "The dataset's own caption; null where it has none.", nullable=True),
    ),
)

REJECTED_CLIPS = Table(
    "rejected_clips",
    room="probing",
    grain="file that could not be used",
    key=("path",),
    columns=(
        Column("path", TEXT, "Path of the file, as the probing set names it."),
        Column(
            "reason",
            TEXT,
            "empty, cut_short, not_audio, silent, not_finite, missing, unlabelled, outside or out_of_range.",
        ),
        Column("detail", TEXT, "One sentence that says what was found."),
    ),
)

CLIP_ACOUSTICS = Table(
    "clip_acoustics",
    room="captions",
    grain="clip, with acoustics measured from its samples",
    key=("clip_id",),
    columns=(
        Column("clip_id", INT, "The clip."),
        Column("loudness_dbfs", REAL, "Level of the sounding part in dBFS (frames within 20 dB of the loudest)."),
        Column("pitch_hz", REAL, "Median fundamental frequency in Hz; null where no pitch is found.", nullable=True),
        Column("brightness_hz", REAL, "Energy-weighted spectral centroid in Hz."),
        Column("tonality", REAL, "0 (noise) to 1 (pure tone): 1 - energy-weighted spectral flatness."),
        Column("events_per_s", REAL, "Onsets per second."),
        Column(
            "regularity",
            REAL,
            "Share of the gaps between onsets within 15 % of the median gap, 0 to 1; 0 with fewer than three onsets.",
        ),
        Column("attack_ms", REAL, "Median rise time of the events, 10 to 90 % of the peak, in milliseconds."),
        Column("steadiness", REAL, "0 (bursts in silence) to 1 (constant level)."),
    ),
)

CLIP_CAPTIONS = Table(
    "clip_captions",
    room="captions",
    grain="clip",
    key=("clip_id",),
    columns=(
        Column("clip_id", INT, "The clip."),
        Column("caption", TEXT, "Description of the clip in words; null where missing.", nullable=True),
        Column("captioner", TEXT, "Who wrote it: dataset, annotations, or file."),
        Column("missing_reason", TEXT, "Why there is no caption; null where there is one.", nullable=True),
    ),
)

TARGETS = Table(
    "targets",
    room="target",
    grain="target network (one a dissection)",
    key=("target",),
    columns=(
        Column("target", TEXT, "Name of the network: hub id, folder name, or the embedded network's name."),
        Column("family", TEXT, "transformers (hub or folder) or embedded_ast (trained in the pipeline)."),
        Column("architecture", TEXT, "Class name of the model."),
        Column("checkpoint", TEXT, "Folder or hub id that the weights were loaded from."),
        Column("weights_sha256", TEXT, "SHA-256 over the names, shapes and bytes of all weights."),
        Column("parameters", pa.int64(), "Number of parameters."),
        Column("blocks", INT, "Number of blocks that hold dissected layers."),
        Column("layers", INT, "Number of dissected layers, head included."),
        Column("neurons", INT, "Number of dissected neurons."),
        Column("classes", INT, "Number of classes of the head."),
        Column("held_out_fold", INT, "Fold that training never saw; null where the folds are unknown.", nullable=True),
        Column("held_out_clips", INT, "Clips of the held-out fold whose label the head knows.", nullable=True),
        Column("held_out_accuracy", REAL, "Top-1 accuracy on the held-out fold, 0..1.", nullable=True),
        Column(
            "chance_accuracy",
            REAL,
            "Accuracy of always answering the held-out fold's commonest class, 0..1.",
            nullable=True,
        ),
        Column("training_accuracy", REAL, "Top-1 accuracy on the other folds, 0..1.", nullable=True),
    ),
)

NEURONS = Table(
    "neurons",
    room="activations",
    grain="neuron (one output unit of a dissected layer)",
    key=("neuron_id",),
    columns=(
        Column("neuron_id", INT, "Number of the neuron within the dissection, 0..n-1, in layer order."),
        Column("target", TEXT, "Name of the network."),
        Column("block_index", INT, "Block that holds the layer, 0..; the head's block is the number of blocks."),
        Column(
            "sublayer", TEXT, "Role of the layer in its block: attention_output, intermediate, output, ... or head."
        ),
        Column("layer_name", TEXT, "Name of the module in the network."),
        Column("neuron_index", INT, "Row of the layer's weight matrix, 0..width-1."),
        Column("class_label", TEXT, "Class that a head neuron stands for; null elsewhere.", nullable=True),
    ),
)

ACTIVATIONS = Table(
    "activations",
    room="activations",
    grain="neuron",
    key=("neuron_id",),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column(
            "activation",
            pa.list_(pa.float32()),
            "Pooled activation on every clip; element i (from 0) belongs to clip_id i.",
        ),
        Column("mean", REAL, "Mean over clips."),
        Column("standard_deviation", REAL, "Population standard deviation over clips."),
        Column("minimum", REAL, "Smallest value over clips."),
        Column("maximum", REAL, "Largest value over clips."),
    ),
)

TOP_CLIPS = Table(
    "top_clips",
    room="top_clips",
    grain="neuron, direction (highest or lowest) and rank",
    key=("neuron_id", "direction", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("direction", TEXT, "highest: the K most activating clips; lowest: the K least activating."),
        Column("rank", INT, "1 for the most extreme clip of its direction."),
        Column("clip_id", INT, "The clip; equal activations are ordered by clip_id."),
        Column("activation", REAL, "Pooled activation of the neuron on the clip."),
    ),
)

CONCEPTS = Table(
    "concepts",
    room="closed_concepts",
    grain="concept of the concept set",
    key=("concept_id",),
    columns=(
        Column("concept_id", INT, "Position in the concept set, 0..n-1."),
        Column("concept", TEXT, "The concept in words, as the text encoder reads it."),
        Column(
            "label", TEXT, "Class of the probing set that the concept names; null where it names none.", nullable=True
        ),
    ),
)

CONCEPT_PREDICTIONS = Table(
    "concept_predictions",
    room="closed_concepts",
    grain="neuron, method (DB), similarity function and rank",
    key=("neuron_id", "method", "similarity", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("method", TEXT, "DB: captions against concepts through a text encoder."),
        Column("similarity", TEXT, "cosine, cosine_cubed, wpmi, soft_wpmi or rank_reorder."),
        Column("rank", INT, "1 for the best concept."),
        Column("concept_id", INT, "The concept."),
        Column("score", REAL, "Value of the similarity function; comparable only within one function."),
    ),
)

TABLES: tuple[Table, ...] = (
    PROBING_CLIPS,
    REJECTED_CLIPS,
    CLIP_ACOUSTICS,
    CLIP_CAPTIONS,
    TARGETS,
    NEURONS,
    ACTIVATIONS,
    TOP_CLIPS,
    CONCEPTS,
    CONCEPT_PREDICTIONS,
)
"""Every table, in the order in which the rooms write them."""
